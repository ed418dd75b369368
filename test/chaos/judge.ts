import { readFile } from 'node:fs/promises';

/** Who should have got the edition, what servers took, and what the ledger says. */
export interface Evidence {
  expected: readonly string[];
  /** The sinks' records. */
  records: readonly string[];
  /** Addresses of rows that the ledger lists as uncertain. */
  uncertain: readonly string[];
}

export interface Verdict {
  expected: number;
  received: number;
  /** Not received, and not listed as uncertain. */
  lost: number;
  /** Readers who got it more than once. */
  doubled: number;
  /** Of those, readers whose copies differ in their Message-ID. */
  unlike: number;
  /** Of those, readers whose copies differ in what they hold. */
  changed: number;
  uncertain: number;
  /** Mails of which a server told nobody whether it took them. */
  unsaid: number;
  /** Mails to people who were not to get any, or with a Message-ID that another reader's mail has. */
  astray: number;
}

/** Mails by recipient, as their Message-IDs and what stands for their bodies. */
async function readRecords(files: readonly string[]) {
  const taken = new Map<string, { id: string; body: string }[]>();
  let unsaid = 0;
  for (const file of files)
    for (const line of (await readFile(file, 'utf8')).split('\n')) {
      const [to, messageId, body = ''] = line.split(' ');
      if (to === '!') unsaid += 1;
      if (to && messageId) taken.set(to, [...(taken.get(to) ?? []), { id: messageId, body }]);
    }
  return { taken, unsaid };
}

/** Holds what arrived against who should have got it. */
export async function judge({ expected, records, uncertain }: Evidence): Promise<Verdict> {
  const { taken, unsaid } = await readRecords(records);
  const unsure = new Set(uncertain);
  const names = new Set(expected);
  const copies = [...taken.values()].filter((mails) => mails.length > 1);
  const owners = new Map<string, string>();
  let astray = 0;
  for (const [to, mails] of taken)
    for (const { id } of mails) {
      if (!names.has(to) || (owners.get(id) ?? to) !== to) astray += 1;
      owners.set(id, to);
    }
  return {
    expected: expected.length,
    received: expected.filter((name) => taken.has(name)).length,
    lost: expected.filter((name) => !taken.has(name) && !unsure.has(name)).length,
    doubled: copies.length,
    unlike: copies.filter((mails) => new Set(mails.map(({ id }) => id)).size > 1).length,
    changed: copies.filter((mails) => new Set(mails.map(({ body }) => body)).size > 1).length,
    uncertain: unsure.size,
    unsaid,
    astray,
  };
}
