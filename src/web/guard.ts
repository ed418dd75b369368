import express, { type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Audience } from './answers.ts';

/** The largest body that is read: a subscription is under 1 kB, a full API body with interests under 20 kB. */
export const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Whose X-Forwarded-For is believed. A proxy on the same machine only: anything wider lets strangers choose the IP that
 * the consent record keeps.
 */
export const TRUSTED_PROXIES = 'loopback';

/** Headers of every answer. Nothing inline, nothing from elsewhere, no frames, no cookies anywhere in this door. */
export function securityHeaders(options: { https: boolean }): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        imgSrc: ["'self'"],
        // The preview of a form that is being filled in.
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: options.https && { maxAge: 31_536_000, includeSubDomains: false },
  });
}

/**
 * For a digest as mailed: its styles are inline, so styles may be; scripts, forms and everything else may not. The sandbox
 * gives it an origin of its own; popups let its links open.
 */
export const DIGEST_CSP =
  "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox";

/** Caching and indexing by audience. A minute is short against the quarter hour between two looks at a source. */
export function audienceHeaders(audience: Audience): Record<string, string> {
  if (audience === 'public')
    return { 'Cache-Control': 'public, max-age=60, stale-while-revalidate=600, stale-if-error=86400' };
  if (audience === 'fresh') return { 'Cache-Control': 'no-store' };
  return { 'Cache-Control': 'no-store', 'X-Robots-Tag': 'noindex, nofollow' };
}

/** Reads a form's body into text fields. */
export const readForm = (limit: number = BODY_LIMIT_BYTES): RequestHandler =>
  express.urlencoded({ extended: false, limit });

/** Reads a JSON body. */
export const readJson: RequestHandler = express.json({ limit: BODY_LIMIT_BYTES, strict: false });
