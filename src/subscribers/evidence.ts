import { isIP } from 'node:net';

/** From where a step came, as the web saw it; the command line has only a page. */
export interface Origin {
  /** Where the step was taken: '/', 'api', 'one-click', 'cli', … */
  page: string;
  ip?: string | undefined;
  userAgent?: string | undefined;
}

// Enough for every browser's; a longer one is an experiment on us.
const USER_AGENT_MAX = 500;

/** The origin as it can be stored: an unreadable IP is null, text is cut and freed of control characters (Postgres refuses NUL). */
export function storableOrigin(origin: Origin) {
  const ip = origin.ip?.replace(/%.*$/s, '') ?? '';
  return {
    page: storableText(origin.page, 200),
    ip: isIP(ip) === 0 ? null : ip,
    userAgent: origin.userAgent === undefined ? null : storableText(origin.userAgent, USER_AGENT_MAX),
  };
}

/** One line of at most `max` characters. */
export const storableText = (text: string, max: number) =>
  text.slice(0, max).replace(/[\p{Cc}\p{Cs}]+/gu, ' ');
