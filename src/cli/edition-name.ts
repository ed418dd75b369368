import { Argument, InvalidArgumentError, Option } from 'commander';
import { type EditionName, type EditionProof, readEditionName } from '../deliveries/index.ts';
import type { Db } from '../platform/index.ts';
import { Refusal } from './cli.ts';

export function parseEdition(text: string): EditionName {
  const name = readEditionName(text);
  if (!name)
    throw new InvalidArgumentError(
      'It must be a whole number, or CADENCE/DATE such as daily/2026-06-10 or weekly/2026-06-08 (its Monday).',
    );
  return name;
}

export const editionArgument = (flags: string) =>
  new Argument(flags, 'number of the edition, or CADENCE/DATE').argParser(parseEdition);
export const editionOption = () =>
  new Option('--edition <edition>', 'of this edition: its number, or CADENCE/DATE').argParser(parseEdition);

/**
 * The edition that a person named, with its counts as they are now.
 *
 * @throws Refusal where there is none
 */
export async function findNamed(db: Db, name: EditionName): Promise<EditionProof> {
  const { verify } = await import('../deliveries/index.ts');
  const [proof] = await verify(db, name);
  const words = 'editionId' in name ? name.editionId : `${name.cadence}/${name.issueDate}`;
  if (!proof)
    throw new Refusal(`There is no edition ${words}; \`paperboy editions list\` has the last ones.`);
  return proof;
}
