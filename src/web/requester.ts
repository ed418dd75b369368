import type { Request } from 'express';

/** Who asks, for the consent record. The stories check and cut both. */
export function whoAsks(request: Request): { ip: string | undefined; userAgent: string | undefined } {
  return {
    // A socket for IPv6 and IPv4 shows IPv4 addresses with this prefix.
    ip: request.ip?.replace(/^::ffff:(?=\d+\.)/i, ''),
    userAgent: request.get('user-agent'),
  };
}

/** The token of a link, as it stands in the path. */
export const tokenOf = (request: Request) => String(request.params.token);
