import { Fault, type SmtpServer, type SourceSetting } from './setting-values.ts';
import { ARXIV_URL_DEFAULT, type SettingName, type SettingValue, settings } from './settings.ts';

export type { SmtpServer, SourceSetting };

/** All settings, read and checked. Empty lists and absent fields mean "unset". */
export interface Config {
  databaseUrl?: string;
  redisUrl?: string;
  /** Empty: the local inbox. */
  smtpServers: SmtpServer[];
  port: number;
  host: string;
  /** Without a slash at its end. */
  publicUrl: string;
  inboxPort: number;
  inboxSmtpPort: number;
  inboundPort: number;
  mailFrom: { name: string; address: string };
  mailDomain: string;
  postalAddress: string;
  /** Empty: generated into `dataDir`. The first signs, all verify. */
  secretKeys: string[];
  adminToken?: string;
  dataDir: string;
  huggingFaceUrl: string;
  arxivUrl: string;
  arxivRssUrl: string;
  arxivCategories: string[];
  sources: SourceSetting[];
  /** Minutes after midnight UTC. */
  editionAtMinutes: number;
  editionSize: number;
  dkim?: { domain: string; selector: string; key: string; ed25519?: { selector: string; key: string } };
  uncertain: 'hold' | 'resend';
  /** Messages a second. */
  sendRate?: number;
  domainRates: Map<string, number>;
  logLevel: string;
  production: boolean;
}

/** Everything that is wrong with the settings, one sentence each. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The settings have ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n- ${faults.join('\n- ')}`,
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** Settings as text, by name. */
export type SettingTexts = Readonly<Record<string, string | undefined>>;

/** Where texts come from; the environment wins over the file. */
export interface ConfigInput {
  environment: SettingTexts;
  /** The parsed `.env`. */
  file?: SettingTexts;
}

type Values = { [Name in SettingName]?: SettingValue<Name> };

const names = Object.keys(settings) as SettingName[];

function given(
  input: ConfigInput,
  name: SettingName,
): { text: string; from: 'environment' | '.env' } | undefined {
  // An empty text is "unset": compose files pass empty variables on.
  const fromEnvironment = input.environment[name];
  if (fromEnvironment !== undefined && fromEnvironment !== '')
    return { text: fromEnvironment, from: 'environment' };
  const fromFile = input.file?.[name];
  return fromFile !== undefined && fromFile !== '' ? { text: fromFile, from: '.env' } : undefined;
}

function readValues(input: ConfigInput, faults: string[]): Values {
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const row = settings[name];
    const text = given(input, name)?.text ?? row.default;
    if (text === undefined) continue;
    try {
      values[name] = row.parse(text);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const shown = 'secret' in row && row.secret ? '' : ` It is "${text}".`;
      const remedy =
        row.default === undefined
          ? `Correct it or leave it out (${row.unset}).`
          : `Correct it or leave it out for ${row.default}.`;
      faults.push(`${name} ${error.message}.${shown} ${remedy}`);
    }
  }
  return values as Values;
}

function productionFaults(values: Values): string[] {
  const faults: string[] = [];
  if (!values.SECRET_KEY)
    faults.push(
      'SECRET_KEY is required with NODE_ENV=production. Set it to the output of: openssl rand -hex 32',
    );
  if (!values.PUBLIC_URL?.startsWith('https://'))
    faults.push(
      'PUBLIC_URL must start with https:// with NODE_ENV=production. Set it to the address that readers open.',
    );
  if (!values.POSTAL_ADDRESS)
    faults.push(
      'POSTAL_ADDRESS is required with NODE_ENV=production. Set it to the address that the foot of each mail prints.',
    );
  const fromDomain = values.MAIL_FROM?.address.split('@')[1] ?? '';
  if (!fromDomain.includes('.') || /\.(localhost|local|test|invalid)$/.test(fromDomain))
    faults.push(
      'MAIL_FROM must be a mailbox on a real domain with NODE_ENV=production. Set it to one such as Paperboy <digest@your.domain>.',
    );
  if (!values.SMTP_URL)
    faults.push(
      'SMTP_URL is required with NODE_ENV=production, where no local inbox is started. Set it to the server that takes your mail.',
    );
  return faults;
}

/**
 * Reads and checks all settings.
 *
 * @throws ConfigError with all faults at once, each naming the remedy
 */
export function readConfig(input: ConfigInput): Config {
  const faults: string[] = [];
  const values = readValues(input, faults);
  const production = values.NODE_ENV === 'production';
  if (production)
    faults.push(
      ...productionFaults(values).filter(
        (fault) => !faults.some((f) => f.split(' ')[0] === fault.split(' ')[0]),
      ),
    );
  const dkim = (['DKIM_DOMAIN', 'DKIM_SELECTOR', 'DKIM_KEY'] as const).map((name) => given(input, name));
  if (dkim.some(Boolean) && !dkim.every(Boolean))
    faults.push(
      'DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY belong together. Set all three, or none to let the relay sign.',
    );
  const second = (['DKIM_ED25519_SELECTOR', 'DKIM_ED25519_KEY'] as const).map((name) => given(input, name));
  if (second.some(Boolean) && !(second.every(Boolean) && dkim.every(Boolean)))
    faults.push(
      'DKIM_ED25519_SELECTOR and DKIM_ED25519_KEY are a second signature beside DKIM_KEY. Set both and the three of the first, or neither.',
    );
  if (faults.length > 0) throw new ConfigError(faults);

  // Every setting with a default has a value here.
  const v = values as Values &
    Required<
      Pick<
        Values,
        | 'PORT'
        | 'HOST'
        | 'INBOX_PORT'
        | 'INBOX_SMTP_PORT'
        | 'INBOUND_PORT'
        | 'MAIL_FROM'
        | 'DATA_DIR'
        | 'HUGGINGFACE_URL'
        | 'ARXIV_URL'
        | 'ARXIV_CATEGORIES'
        | 'SOURCES'
        | 'EDITION_AT'
        | 'EDITION_SIZE'
        | 'UNCERTAIN'
        | 'LOG_LEVEL'
      >
    >;
  return {
    ...(v.DATABASE_URL && { databaseUrl: v.DATABASE_URL }),
    ...(v.REDIS_URL && { redisUrl: v.REDIS_URL }),
    smtpServers: v.SMTP_URL ?? [],
    port: v.PORT,
    host: v.HOST,
    publicUrl: v.PUBLIC_URL ?? `http://localhost:${v.PORT}`,
    inboxPort: v.INBOX_PORT,
    inboxSmtpPort: v.INBOX_SMTP_PORT,
    inboundPort: v.INBOUND_PORT,
    mailFrom: v.MAIL_FROM,
    mailDomain: v.MAIL_DOMAIN ?? v.MAIL_FROM.address.slice(v.MAIL_FROM.address.indexOf('@') + 1),
    postalAddress: v.POSTAL_ADDRESS ?? 'No postal address is set (POSTAL_ADDRESS).',
    secretKeys: v.SECRET_KEY ?? [],
    ...(v.ADMIN_TOKEN && { adminToken: v.ADMIN_TOKEN }),
    dataDir: v.DATA_DIR,
    huggingFaceUrl: v.HUGGINGFACE_URL,
    arxivUrl: v.ARXIV_URL,
    arxivRssUrl:
      v.ARXIV_RSS_URL ?? (v.ARXIV_URL === ARXIV_URL_DEFAULT ? 'https://rss.arxiv.org' : v.ARXIV_URL),
    arxivCategories: v.ARXIV_CATEGORIES,
    sources: v.SOURCES,
    editionAtMinutes: v.EDITION_AT,
    editionSize: v.EDITION_SIZE,
    ...(v.DKIM_DOMAIN &&
      v.DKIM_SELECTOR &&
      v.DKIM_KEY && {
        dkim: {
          domain: v.DKIM_DOMAIN,
          selector: v.DKIM_SELECTOR,
          key: v.DKIM_KEY,
          ...(v.DKIM_ED25519_SELECTOR &&
            v.DKIM_ED25519_KEY && {
              ed25519: { selector: v.DKIM_ED25519_SELECTOR, key: v.DKIM_ED25519_KEY },
            }),
        },
      }),
    uncertain: v.UNCERTAIN,
    ...(v.SEND_RATE && { sendRate: v.SEND_RATE }),
    domainRates: v.DOMAIN_RATES ?? new Map(),
    logLevel: v.LOG_LEVEL,
    production,
  };
}

/** One line of `paperboy config`. */
export interface ConfigLine {
  name: SettingName;
  /** `(hidden)` for a secret that is set; `(unset: …)` where there is no value. */
  value: string;
  from: 'environment' | '.env' | 'default';
  doc: string;
}

/** Every setting, its value as text and where it came from; secrets hidden. Does not check. */
export function configReport(input: ConfigInput): ConfigLine[] {
  return names.map((name) => {
    const row: { doc: string; default?: string; unset?: string; secret?: boolean } = settings[name];
    const found = given(input, name);
    const value = found ? (row.secret ? '(hidden)' : found.text) : (row.default ?? `(unset: ${row.unset})`);
    return { name, value, from: found?.from ?? 'default', doc: row.doc };
  });
}

/** The text of `.env.example`: every setting, commented out, with its meaning and default. */
export function envExample(): string {
  const blocks = names.map((name) => {
    const row: { doc: string; default?: string; unset?: string } = settings[name];
    return `# ${row.doc}${row.unset ? ` Unset: ${row.unset}.` : ''}\n# ${name}=${row.default ?? ''}\n`;
  });
  return `# Generated from src/platform/settings.ts by \`npm run env-example\`. Copy to .env and change what you need.\n\n${blocks.join('\n')}`;
}
