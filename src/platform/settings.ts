import {
  arxivCategories,
  domain,
  domainRates,
  ed25519Key,
  mailbox,
  oneOf,
  positiveNumber,
  privateKey,
  secretKeys,
  smtpServers,
  sources,
  text,
  timeOfDay,
  url,
  webUrl,
  wholeNumber,
} from './setting-values.ts';

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

/** Text-block cards cost about 1.1 kB of HTML each before their text; 60 with abstracts stay under Gmail's clip (test/editions). */
export const EDITION_SIZE_MAX = 60;

/** Whoever sets ARXIV_URL elsewhere wants nothing asked of arXiv itself, its feeds included. */
export const ARXIV_URL_DEFAULT = 'https://export.arxiv.org';

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
  ARXIV_URL: setting({ doc: 'Where the arXiv API is.', default: ARXIV_URL_DEFAULT, parse: webUrl }),
  ARXIV_RSS_URL: setting({
    doc: "Where arXiv's feeds are (/rss/CATEGORIES is appended).",
    unset: 'https://rss.arxiv.org; the same as ARXIV_URL where that is set',
    parse: webUrl,
  }),
  ARXIV_CATEGORIES: setting({
    doc: 'Comma list of the arXiv categories that are read, such as cs.CL, or whole archives, such as cs.',
    default: 'cs.AI,cs.CL,cs.CV,cs.LG',
    parse: arxivCategories,
  }),
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
  DKIM_KEY: setting({
    doc: 'The private key, PEM.',
    unset: 'the relay signs',
    secret: true,
    parse: privateKey,
  }),
  DKIM_ED25519_SELECTOR: setting({
    doc: 'Selector of an Ed25519 key that signs beside DKIM_KEY (RFC 8463).',
    unset: 'one signature',
    parse: text,
  }),
  DKIM_ED25519_KEY: setting({
    doc: 'The Ed25519 private key, PEM.',
    unset: 'one signature',
    secret: true,
    parse: ed25519Key,
  }),
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
