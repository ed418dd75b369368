import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';
import { parseUrl } from './parse-url.ts';

/** What a server answered, whatever its status. */
export interface HttpAnswer {
  ok: true;
  status: number;
  headers: Headers;
  /** The body as UTF-8; '' for a 304. */
  text: string;
  /** Usable as `etag` of the next request; null where the server sent none, or none that is well formed. */
  etag: string | null;
  /** On 429 and 5xx: how long the server asked to be left alone, in milliseconds; null where it did not say. */
  waitMs: number | null;
  /** Requests that this answer took, retries included, redirects not. */
  attempts: number;
}

/** There is no answer at all. */
export interface HttpFailure {
  ok: false;
  kind: 'unreachable' | 'timeout' | 'too-large' | 'redirect' | 'closed';
  /** A sentence that names the host, without its full stop. */
  message: string;
  attempts: number;
}

/** Asks other servers, politely. */
export interface HttpClient {
  /**
   * One GET, repeated as the client's options say.
   *
   * @param options.etag - sent as If-None-Match; the answer may then be a 304 (RFC 9110, 13.1.2)
   * @param options.retries - instead of the client's own number, for servers that count each request
   * @returns the answer, whatever its status: the last one when tries ran out
   * @throws TypeError on a text that is no URL
   */
  get(
    url: string,
    options?: { etag?: string | null; accept?: string; retries?: number },
  ): Promise<HttpAnswer | HttpFailure>;
}

export interface HttpClientOptions {
  log: Log;
  /** Names us and where to complain, such as `Paperboy/1.0 (+https://paperboy.example.org)`. */
  userAgent: string;
  /** For one attempt, body included (default: 15,000). */
  timeoutMs?: number;
  /** Further attempts after the first, on network faults, 408, 429 and 5xx (default: 3). */
  retries?: number;
  /** The longest wait between attempts; a server that asks for more gets no further attempt (default: 30,000: well inside the 15 minutes between two ingests). */
  maxWaitMs?: number;
  /** A larger body, once unpacked, is refused (default: 20 MB; 100 listed papers are about 1 MB). */
  maxBytes?: number;
  /** Ends all waiting and asking, for shutdown. */
  signal?: AbortSignal;
  /** 0 up to 1; for tests. */
  random?: () => number;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<unknown>;
  /** Milliseconds since 1970, to read a Retry-After that is a date. */
  now?: () => number;
}

// Waits grow from here by doubling, each times a random share ("full jitter"), so that clients that failed
// together do not come back together.
const FIRST_BACKOFF_MS = 500;
// Fetch's own limit is 20; an API that needs more than a few hops is a loop or a trap.
const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
// RFC 9110, 8.8.3. Anything else is not sent back to a server, nor stored.
const ETAG = /^(W\/)?"[\x21\x23-\x7e]{0,200}"$/;

/** Ends an attempt early, inside this file: `get` turns it into an `HttpFailure` and never throws it. */
export class HttpError extends Error {
  readonly kind: HttpFailure['kind'];

  constructor(kind: HttpFailure['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

type Attempt = Omit<HttpAnswer, 'attempts'> | Omit<HttpFailure, 'attempts'>;

const worthRetrying = (status: number) => status === 408 || status === 429 || status >= 500;

/**
 * How long a server asks to be left alone, in milliseconds; null where it does not say.
 *
 * Retry-After comes first (RFC 9110, 10.2.3: seconds or a date), then the seconds to the reset of an exhausted quota
 * in RateLimit (`"api";r=0;t=55`; an older draft: `reset=55`), then the whole window of RateLimit-Policy (`w=300`).
 */
export function readWait(headers: Headers, nowMs: number): number | null {
  const after = headers.get('retry-after')?.trim();
  if (after !== undefined && /^\d{1,9}$/.test(after)) return Number(after) * 1000;
  // Dates only: Date.parse would take a bare or negative number for a year.
  const at = after !== undefined && /^[A-Z][a-z]{2}/.test(after) ? Date.parse(after) : Number.NaN;
  if (!Number.isNaN(at)) return Math.max(0, at - nowMs);

  const quotas = (headers.get('ratelimit') ?? '').split(',');
  const exhausted = quotas.filter((quota) => /[;\s]r=0\b/.test(quota));
  return (
    longest(exhausted.length > 0 ? exhausted : quotas, /(?:^|[;\s])(?:t|reset)=(\d{1,9})\b/) ??
    longest((headers.get('ratelimit-policy') ?? '').split(','), /(?:^|[;\s])w=(\d{1,9})\b/)
  );
}

function longest(items: string[], seconds: RegExp): number | null {
  const found = items.map((item) => seconds.exec(item)?.[1]).filter((text) => text !== undefined);
  return found.length === 0 ? null : Math.max(...found.map(Number)) * 1000;
}

async function readBody(response: Response, maxBytes: number, host: string): Promise<string> {
  const tooLarge = () =>
    new HttpError('too-large', `${host} answered with more than ${maxBytes} bytes, which is refused`);
  if (Number(response.headers.get('content-length')) > maxBytes) {
    await response.body?.cancel();
    throw tooLarge();
  }
  if (!response.body) return '';
  // Counted after unpacking, so that a small zip of a huge body is caught too.
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && code !== '') return code;
  return cause instanceof Error ? cause.message : String(cause);
}

/** A client over the global fetch; stateless, so one serves the whole process. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { log, userAgent, signal } = options;
  const timeoutMs = options.timeoutMs ?? 15_000;
  const retriesOfClient = options.retries ?? 3;
  const maxWaitMs = options.maxWaitMs ?? 30_000;
  const maxBytes = options.maxBytes ?? 20_000_000;
  const random = options.random ?? Math.random;
  const now = options.now ?? Date.now;
  const sleep = options.sleep ?? ((ms, stop) => delay(ms, undefined, stop && { signal: stop }));

  /** Follows redirects by hand, since fetch would also follow them from https to http. */
  async function follow(first: URL, headers: Record<string, string>, stop: AbortSignal): Promise<Response> {
    let url = first;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const response = await fetch(url.href, { headers, redirect: 'manual', signal: stop });
      const location = response.headers.get('location');
      if (!REDIRECTS.has(response.status) || location === null) return response;
      await response.body?.cancel();
      const next = parseUrl(location, url);
      if (next?.protocol !== url.protocol)
        throw new HttpError('redirect', `${url.host} redirects to another scheme, which is not followed`);
      url = next;
    }
    throw new HttpError('redirect', `${first.host} redirects more than ${MAX_REDIRECTS} times`);
  }

  async function attempt(url: URL, headers: Record<string, string>): Promise<Attempt> {
    const fail = (kind: HttpFailure['kind'], message: string) => ({ ok: false as const, kind, message });
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await follow(url, headers, signal ? AbortSignal.any([timeout, signal]) : timeout);
      const { status } = response;
      const text = await readBody(response, maxBytes, url.host);
      const etag = response.headers.get('etag') ?? '';
      return {
        ok: true,
        status,
        headers: response.headers,
        text,
        etag: ETAG.test(etag) ? etag : null,
        waitMs: worthRetrying(status) ? readWait(response.headers, now()) : null,
      };
    } catch (error) {
      if (error instanceof HttpError) return fail(error.kind, error.message);
      if (signal?.aborted) return fail('closed', `${url.host} was not asked: shutting down`);
      if (timeout.aborted) return fail('timeout', `${url.host} did not answer within ${timeoutMs / 1000} s`);
      return fail('unreachable', `${url.host} could not be reached (${reasonOf(error)})`);
    }
  }

  /** The wait before the next attempt; null to give up: the server asked for more than we wait. */
  function nextWait(tried: number, asked: number | null): number | null {
    const backoffMs = random() * Math.min(maxWaitMs, FIRST_BACKOFF_MS * 2 ** (tried - 1));
    if (asked === null) return backoffMs;
    return asked > maxWaitMs ? null : asked + backoffMs;
  }

  return {
    async get(address, { etag, accept = '*/*', retries = retriesOfClient } = {}) {
      const url = new URL(address);
      const headers: Record<string, string> = { 'user-agent': userAgent, accept };
      if (etag) headers['if-none-match'] = etag;
      for (let attempts = 1; ; attempts += 1) {
        const startedAt = performance.now();
        const result = await attempt(url, headers);
        const event = {
          host: url.host,
          path: url.pathname + url.search,
          attempt: attempts,
          durationMs: Math.round(performance.now() - startedAt),
          ...(result.ok ? { status: result.status } : { error: result.message }),
        };
        const again = result.ok
          ? worthRetrying(result.status)
          : result.kind === 'unreachable' || result.kind === 'timeout';
        const waitMs =
          again && attempts <= retries ? nextWait(attempts, result.ok ? result.waitMs : null) : null;
        if (waitMs === null) {
          log.debug(event, 'asked a server');
          return { ...result, attempts };
        }
        log.info({ ...event, waitMs: Math.round(waitMs) }, 'asked a server, asking again');
        // A sleep that is cut short means shutdown; the next attempt then says so without asking.
        await sleep(waitMs, signal).catch(() => undefined);
      }
    },
  };
}
