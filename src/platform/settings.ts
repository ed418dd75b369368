/** One SMTP server of `SMTP_URL`. */
export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps://`). */
  secure: boolean;
  auth?: { user: string; pass: string };
  /** Messages a second at most; absent: unlimited. */
  rate?: number;
  /** Share of the messages among several servers (default: 1). */
  weight: number;
  /** Connections held open at most (default: 10). */
  pool: number;
}

/** A source of papers, as named in `SOURCES`. */
export type SourceSetting = { name: 'huggingface' } | { name: 'arxiv' } | { name: 'file'; path: string };

/** Says what is wrong with a value, as the end of the sentence that starts with the setting's name. */
export class Fault extends Error {}

/** One row of the settings table. */
export interface Setting<Value> {
  /** What it means, in a sentence, with its unit. */
  doc: string;
  /** As an operator would write it; undefined where the default is not a value. */
  default?: string;
  /** What happens when it is unset and has no default. */
  unset?: string;
  secret?: boolean;
  /** @throws Fault when the text is not usable */
  parse(text: string): Value;
}

const setting = <Value>(row: Setting<Value>): Setting<Value> => row;

const text = (value: string) => value;

function wholeNumber(from: number, to: number) {
  return (value: string) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < from || number > to)
      throw new Fault(`must be a whole number from ${from} to ${to}`);
    return number;
  };
}

function positiveNumber(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new Fault('must be a number above 0');
  return number;
}

function oneOf<const Choice extends string>(...choices: Choice[]) {
  return (value: string): Choice => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw new Fault(`must be one of ${choices.join(', ')}`);
    return found;
  };
}

function url(...protocols: string[]) {
  return (value: string): URL => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (!parsed || !protocols.includes(parsed.protocol) || parsed.hostname === '')
      throw new Fault(`must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`);
    return parsed;
  };
}

/** An http(s) origin or path, without the slash at its end. */
const webUrl = (value: string) => url('http:', 'https:')(value).href.replace(/\/+$/, '');

const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

function domain(value: string): string {
  if (!DOMAIN.test(value)) throw new Fault('must be a domain name such as paperboy.example.org');
  return value.toLowerCase();
}

/** `Name <local@domain>` or `local@domain`, in ASCII. */
function mailbox(value: string): { name: string; address: string } {
  const match = /^(?:"?([^"<>\r\n]*?)"?\s*<([^<>\s]+)>|([^<>\s]+))$/.exec(value.trim());
  const address = match?.[2] ?? match?.[3] ?? '';
  const [local, host, ...rest] = address.split('@');
  if (!local || !host || rest.length > 0 || !/^[\x21-\x7e]{1,64}$/.test(local) || !DOMAIN.test(host))
    throw new Fault('must be a mailbox such as Paperboy <digest@paperboy.example.org>');
  return { name: match?.[1]?.trim() || 'Paperboy', address: `${local}@${host.toLowerCase()}` };
}

function smtpServers(value: string): SmtpServer[] {
  return value.split(',').map((part) => {
    const parsed = url('smtp:', 'smtps:')(part.trim());
    const secure = parsed.protocol === 'smtps:';
    const server: SmtpServer = {
      host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: parsed.port === '' ? (secure ? 465 : 25) : Number(parsed.port),
      secure,
      weight: 1,
      pool: 10,
    };
    if (parsed.username !== '')
      server.auth = {
        user: decodeURIComponent(parsed.username),
        pass: decodeURIComponent(parsed.password),
      };
    for (const [key, option] of parsed.searchParams) {
      if (key === 'rate') server.rate = positiveNumber(option);
      else if (key === 'weight') server.weight = positiveNumber(option);
      else if (key === 'pool') server.pool = wholeNumber(1, 1000)(option);
      else throw new Fault(`knows the options rate, weight and pool, not "${key}"`);
    }
    return server;
  });
}

function secretKeys(value: string): string[] {
  const keys = value.split(',').map((key) => key.trim());
  // 32 random bytes are 43 characters of base64url or 64 of hex; 32 characters is the least that can hold enough.
  if (keys.some((key) => key.length < 32))
    throw new Fault('must be one or more keys of at least 32 random characters, separated by commas');
  return keys;
}

function sources(value: string): SourceSetting[] {
  return value.split(',').map((part): SourceSetting => {
    const name = part.trim();
    if (name === 'huggingface' || name === 'arxiv') return { name };
    if (name.startsWith('file:') && name.length > 5) return { name: 'file', path: name.slice(5) };
    throw new Fault('must be a comma list of huggingface, arxiv and file:PATH');
  });
}

/** Minutes after midnight UTC. */
function timeOfDay(value: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value);
  if (!match) throw new Fault('must be a time of day such as 02:00 (UTC)');
  return Number(match[1]) * 60 + Number(match[2]);
}

function domainRates(value: string): Map<string, number> {
  const rates = new Map<string, number>();
  for (const part of value.split(',')) {
    const [name = '', rate = ''] = part.trim().split('=');
    rates.set(domain(name), positiveNumber(rate));
  }
  return rates;
}

/** Text-block cards cost about 1.1 kB of HTML each before their text; 60 with abstracts stay under Gmail's clip (test/editions). */
export const EDITION_SIZE_MAX = 60;

/** Every setting that Paperboy reads, from the environment or `.env`. The one table: docs and checks come from it. */
export const settings = {
  DATABASE_URL: setting({
    doc: 'Postgres 14 or newer, the one store of truth.',
    unset: 'an embedded Postgres keeps its data in DATA_DIR',
    secret: true,
    parse: (value) => url('postgres:', 'postgresql:')(value).href,
  }),
  REDIS_URL: setting({
    doc: 'Redis or Valkey as the queue engine, for more than one machine.',
    unset: 'the queue lives in the same Postgres',
    secret: true,
    parse: (value) => url('redis:', 'rediss:')(value).href,
  }),
  SMTP_URL: setting({
    doc: 'Where mail is handed over: smtp:// or smtps://user:pass@host:port, several separated by commas, each with ?rate= (messages a second), ?weight= and ?pool= (connections).',
    unset: 'a local inbox catches all mail',
    secret: true,
    parse: smtpServers,
  }),
  PORT: setting({ doc: 'Port of the site.', default: '3000', parse: wholeNumber(0, 65535) }),
  HOST: setting({ doc: 'Address that the site listens on.', default: '0.0.0.0', parse: text }),
  PUBLIC_URL: setting({
    doc: 'What links in mails and pages start with; https in production.',
    unset: 'http://localhost:PORT',
    parse: webUrl,
  }),
  INBOX_PORT: setting({
    doc: "Port of the local inbox's page.",
    default: '1080',
    parse: wholeNumber(0, 65535),
  }),
  INBOX_SMTP_PORT: setting({
    doc: 'SMTP port of the local inbox.',
    default: '1025',
    parse: wholeNumber(0, 65535),
  }),
  INBOUND_PORT: setting({
    doc: 'SMTP port for bounces, complaints and mail to subscribe@ and unsubscribe@.',
    default: '2525',
    parse: wholeNumber(0, 65535),
  }),
  MAIL_FROM: setting({
    doc: 'Who the digests come from.',
    default: 'Paperboy <digest@localhost>',
    parse: mailbox,
  }),
  MAIL_DOMAIN: setting({
    doc: 'Domain of bounce addresses, Message-IDs and List-Id.',
    unset: 'the domain of MAIL_FROM',
    parse: domain,
  }),
  POSTAL_ADDRESS: setting({
    doc: 'Postal address printed in the foot of every digest; mail law in many countries asks for it.',
    unset: 'the foot says that none is set',
    parse: text,
  }),
  SECRET_KEY: setting({
    doc: 'Signs the links in mails: at least 32 random characters; several separated by commas while rotating, the first signs.',
    unset: 'generated into DATA_DIR; required in production',
    secret: true,
    parse: secretKeys,
  }),
  ADMIN_TOKEN: setting({
    doc: 'The first admin key.',
    unset: 'generated into DATA_DIR and printed once at the first start',
    secret: true,
    parse: text,
  }),
  DATA_DIR: setting({
    doc: 'Embedded database, local inbox, generated secrets.',
    default: './.data',
    parse: text,
  }),
  HUGGINGFACE_URL: setting({
    doc: 'Where the Hugging Face API is.',
    default: 'https://huggingface.co',
    parse: webUrl,
  }),
  ARXIV_URL: setting({ doc: 'Where the arXiv API is.', default: 'https://export.arxiv.org', parse: webUrl }),
  SOURCES: setting({
    doc: 'Comma list of huggingface, arxiv, file:PATH.',
    default: 'huggingface',
    parse: sources,
  }),
  EDITION_AT: setting({
    doc: "Time (UTC) on the following day at which a date's daily edition closes and opens for sending.",
    default: '02:00',
    parse: timeOfDay,
  }),
  EDITION_SIZE: setting({
    doc: 'Papers that an edition shows as cards; the rest are "N more".',
    default: '12',
    parse: wholeNumber(1, EDITION_SIZE_MAX),
  }),
  DKIM_DOMAIN: setting({ doc: 'Domain that signs mail here.', unset: 'the relay signs', parse: domain }),
  DKIM_SELECTOR: setting({ doc: 'Selector of the DKIM key.', unset: 'the relay signs', parse: text }),
  DKIM_KEY: setting({ doc: 'The private key, PEM.', unset: 'the relay signs', secret: true, parse: text }),
  UNCERTAIN: setting({
    doc: 'A mail whose connection died after DATA: hold it for a person, or resend it with the same Message-ID.',
    default: 'hold',
    parse: oneOf('hold', 'resend'),
  }),
  SEND_RATE: setting({ doc: 'Messages a second in all.', unset: 'unlimited', parse: positiveNumber }),
  DOMAIN_RATES: setting({
    doc: 'Messages a second by receiving domain, such as gmail.com=50,outlook.com=20.',
    unset: 'unlimited',
    parse: domainRates,
  }),
  LOG_LEVEL: setting({
    doc: 'Least level that is logged.',
    default: 'info',
    parse: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  }),
  NODE_ENV: setting({
    doc: 'production asks for all that real mail needs.',
    default: 'development',
    parse: oneOf('development', 'production', 'test'),
  }),
};

export type SettingName = keyof typeof settings;
export type SettingValue<Name extends SettingName> = ReturnType<(typeof settings)[Name]['parse']>;
