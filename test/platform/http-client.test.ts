import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpClientOptions, readWait } from '../../src/platform/http-client.ts';
import { createLog } from '../../src/platform/index.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A server that hands each request, numbered from 1, to the handler. */
async function serve(handler: Handler): Promise<string> {
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    handler(request, response, count);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

/** A client whose waits are recorded and take no time. */
function client(options: Partial<HttpClientOptions> = {}) {
  const waits: number[] = [];
  const http = createHttpClient({
    log: createLog('silent'),
    userAgent: 'Paperboy/test (+http://localhost)',
    random: () => 0.5,
    sleep: async (ms) => {
      waits.push(ms);
    },
    ...options,
  });
  return { http, waits };
}

const body = (response: ServerResponse, status: number, text: string, headers = {}) =>
  response.writeHead(status, headers).end(text);

describe('one GET', () => {
  it('says who asks and gives the answer as a value', async () => {
    const seen: IncomingMessage[] = [];
    const url = await serve((request, response) => {
      seen.push(request);
      body(response, 404, 'nö', { etag: '"a"', 'x-more': '1' });
    });
    const answer = await client().http.get(`${url}/x?y=1`, { accept: 'application/json' });
    expect(answer).toMatchObject({
      ok: true,
      status: 404,
      text: 'nö',
      etag: '"a"',
      attempts: 1,
      waitMs: null,
    });
    expect(answer.ok && answer.headers.get('x-more')).toBe('1');
    expect(seen[0]?.url).toBe('/x?y=1');
    expect(seen[0]?.headers).toMatchObject({
      'user-agent': 'Paperboy/test (+http://localhost)',
      accept: 'application/json',
    });
    expect(seen[0]?.headers['if-none-match']).toBeUndefined();
  });

  it('asks conditionally with an ETag and takes a 304', async () => {
    const url = await serve((request, response) =>
      request.headers['if-none-match'] === 'W/"v1"'
        ? body(response, 304, '', { etag: 'W/"v1"' })
        : body(response, 200, 'papers', { etag: 'W/"v1"' }),
    );
    const { http } = client();
    expect(await http.get(url)).toMatchObject({ status: 200, etag: 'W/"v1"' });
    expect(await http.get(url, { etag: 'W/"v1"' })).toMatchObject({ status: 304, text: '' });
    expect(await http.get(url, { etag: null })).toMatchObject({ status: 200 });
  });

  it('keeps no ETag that is malformed', async () => {
    const url = await serve((_, response) => body(response, 200, '', { etag: 'unquoted' }));
    expect(await client().http.get(url)).toMatchObject({ status: 200, etag: null });
  });

  it('refuses a body above the limit, announced or not, at once', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (request.url === '/announced')
        return body(response, 200, 'x'.repeat(2000), { 'content-length': 2000 });
      response.writeHead(200);
      for (let part = 0; part < 20; part += 1) response.write('x'.repeat(100));
      return response.end();
    });
    const { http, waits } = client({ maxBytes: 1000 });
    for (const path of ['/announced', '/streamed']) {
      const answer = await http.get(url + path);
      expect(answer).toMatchObject({ ok: false, kind: 'too-large', attempts: 1 });
      expect(!answer.ok && answer.message).toContain('more than 1000 bytes');
    }
    expect([requests, waits]).toEqual([2, []]);
  });

  it('throws on a text that is no URL, which is a bug of ours', async () => {
    await expect(client().http.get('not a url')).rejects.toThrow(TypeError);
  });
});

describe('redirects', () => {
  it('are followed within the scheme', async () => {
    const url = await serve((request, response) =>
      request.url === '/new'
        ? body(response, 200, 'moved here')
        : body(response, 302, '', { location: '/new' }),
    );
    expect(await client().http.get(`${url}/old`)).toMatchObject({ status: 200, text: 'moved here' });
  });

  it.each(['https://127.0.0.1:1/', 'file:///etc/passwd', 'http://'])(
    'to another scheme are not followed: %s',
    async (location) => {
      const url = await serve((_, response) => body(response, 301, '', { location }));
      expect(await client().http.get(url)).toMatchObject({ ok: false, kind: 'redirect', attempts: 1 });
    },
  );

  it('in a circle end', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests += 1;
      body(response, 307, '', { location: '/again' });
    });
    expect(await client().http.get(url)).toMatchObject({ ok: false, kind: 'redirect' });
    expect(requests).toBe(6);
  });
});

describe('trying again', () => {
  it.each([500, 502, 503, 429, 408])('follows a %i with growing waits', async (status) => {
    const url = await serve((_, response, count) =>
      count <= 3 ? body(response, status, 'busy') : body(response, 200, 'fine'),
    );
    const { http, waits } = client();
    expect(await http.get(url)).toMatchObject({ status: 200, text: 'fine', attempts: 4 });
    expect(waits).toEqual([250, 500, 1000]);
  });

  it('does not follow other answers', async () => {
    for (const status of [200, 400, 401, 403, 404]) {
      const url = await serve((_, response) => body(response, status, ''));
      expect(await client().http.get(url)).toMatchObject({ status, attempts: 1 });
    }
  });

  it('spreads its waits over the whole span (full jitter)', async () => {
    for (const [random, expected] of [
      [0, [0, 0, 0]],
      [0.999, [499.5, 999, 1998]],
    ] as const) {
      const url = await serve((_, response) => body(response, 500, ''));
      const { http, waits } = client({ random: () => random });
      await http.get(url);
      expect(waits).toEqual(expected);
    }
  });

  it('gives the last answer when tries run out', async () => {
    const url = await serve((_, response) => body(response, 503, 'down'));
    expect(await client({ retries: 2 }).http.get(url)).toMatchObject({
      ok: true,
      status: 503,
      text: 'down',
      attempts: 3,
    });
  });

  it('follows a cut connection', async () => {
    const url = await serve((_, response, count) =>
      count === 1 ? response.destroy() : body(response, 200, 'fine'),
    );
    expect(await client().http.get(url)).toMatchObject({ status: 200, attempts: 2 });
  });

  it('follows a body cut in the middle', async () => {
    const url = await serve((_, response, count) => {
      if (count > 1) return body(response, 200, 'whole');
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      return setImmediate(() => response.destroy());
    });
    expect(await client().http.get(url)).toMatchObject({ status: 200, text: 'whole', attempts: 2 });
  });

  it('names the host and the reason when nobody is there', async () => {
    const url = await serve(() => undefined);
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    const answer = await client().http.get(url);
    expect(answer).toMatchObject({ ok: false, kind: 'unreachable', attempts: 4 });
    expect(!answer.ok && answer.message).toBe(`${url.slice(7)} could not be reached (ECONNREFUSED)`);
  });

  it('limits each attempt in time, the body included', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/body') response.writeHead(200).write('a start');
    });
    const { http } = client({ timeoutMs: 40, retries: 1 });
    for (const path of ['/silent', '/body'])
      expect(await http.get(url + path)).toMatchObject({ ok: false, kind: 'timeout', attempts: 2 });
  });
});

describe('a server that asks to be left alone', () => {
  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ ratelimit: '"api";r=0;t=9', 'ratelimit-policy': '"fixed window";"api";q=500;w=300' }, 9000],
  ])('is left alone that long: %o', async (headers, ms) => {
    const url = await serve((_, response, count) =>
      count === 1 ? body(response, 429, '', headers) : body(response, 200, 'fine'),
    );
    const { http, waits } = client();
    expect(await http.get(url)).toMatchObject({ status: 200, attempts: 2 });
    expect(waits).toEqual([ms + 250]);
  });

  it('is not asked again when it wants longer than we wait, and the wait is named', async () => {
    const url = await serve((_, response) => body(response, 429, '', { ratelimit: '"api";r=0;t=240' }));
    const { http, waits } = client();
    expect(await http.get(url)).toMatchObject({ ok: true, status: 429, waitMs: 240_000, attempts: 1 });
    expect(waits).toEqual([]);
  });
});

describe('shutdown', () => {
  it('ends a wait and a request', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/busy') body(response, 503, '', { 'retry-after': '20' });
    });
    const stop = new AbortController();
    const http = createHttpClient({ log: createLog('silent'), userAgent: 'test', signal: stop.signal });
    const answers = [http.get(`${url}/busy`), http.get(`${url}/silent`)];
    // The first is waiting or about to, the second is open or about to be.
    setImmediate(() => stop.abort());
    for (const answer of answers) expect(await answer).toMatchObject({ ok: false, kind: 'closed' });
    expect(await http.get(url)).toMatchObject({ ok: false, kind: 'closed' });
  });
});

describe('readWait', () => {
  const now = Date.UTC(2026, 5, 10, 12, 0, 0);
  it.each([
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Wed, 10 Jun 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 10 Jun 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '5', ratelimit: '"api";r=0;t=60' }, 5000],
    [{ ratelimit: '"api";r=0;t=55' }, 55_000],
    [{ ratelimit: '"api"; r=0; t=55' }, 55_000],
    [{ ratelimit: '"pages";r=90;t=200, "api";r=0;t=30' }, 30_000],
    [{ ratelimit: 'limit=100, remaining=0, reset=50' }, 50_000],
    [{ 'ratelimit-policy': '"fixed window";"api";q=500;w=300' }, 300_000],
    [{}, null],
    [{ 'retry-after': '-5' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '1e9' }, null],
    [{ ratelimit: '"api";r=0;t=x', 'retry-after': '' }, null],
    [{ ratelimit: ';;;,,,t=,w=' }, null],
  ])('%o: %s', (headers, expected) => {
    expect(readWait(new Headers(headers as Record<string, string>), now)).toBe(expected);
  });
});
