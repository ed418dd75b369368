import type { Request } from 'express';

/** One field of a form or body that cannot be used. */
export interface FieldError {
  /** The field's name as the client wrote it. */
  field: string;
  detail: string;
  /** Where it stood (default: in the body). */
  in?: 'query' | 'path';
}

/** Something a client should hear as an error. Made in errors.ts only. */
export interface Fault {
  kind: 'fault';
  status: number;
  title: string;
  /** A sentence or two, with the remedy; safe to show to anyone. */
  detail: string;
  errors?: FieldError[];
  headers?: Record<string, string>;
}

/** What a handler gives back; respond.ts writes it. */
export type Answer =
  | { kind: 'page'; view: string; data: Record<string, unknown>; status?: number }
  | { kind: 'json'; body: unknown; status?: number; headers?: Record<string, string> }
  | { kind: 'text'; body: string; status?: number; type?: string; headers?: Record<string, string> }
  /** A digest as mailed: foreign HTML with inline styles, shown in a sandbox. */
  | { kind: 'digest'; html: string }
  | { kind: 'redirect'; to: string }
  | Fault;

export type Handler = (request: Request) => Promise<Answer> | Answer;

/**
 * Who may see and keep an answer.
 * `public`: anyone, caches too. `fresh`: anyone, not kept. `token`: the holder of a link from a mail; never kept, never indexed,
 * never named in a Referer.
 */
export type Audience = 'public' | 'fresh' | 'token';

/** One path and what it does; other methods get 405, OPTIONS says what there is. */
export interface Route {
  /** Express 5 pattern; also what the log says. */
  path: string;
  audience: Audience;
  get?: Handler;
  post?: Handler;
  /** How the body of a POST is read (default: a form). `any`: the handler reads it itself. */
  body?: 'form' | 'json' | 'any';
  /** The largest form that is read, in bytes (default: 64 kB). */
  formLimit?: number;
}
