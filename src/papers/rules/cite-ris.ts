import { type Citation, type CitedPaper, toCitations } from './cite-facts.ts';
import type { CitedName } from './cite-names.ts';

/** In RIS a comma always cuts a name, so a group's name goes without. */
function nameInRis(name: CitedName): string {
  if ('literal' in name) return name.literal.replace(/\s*,\s*/g, ' ');
  return [name.family, name.given, ...(name.suffix === null ? [] : [name.suffix])].join(', ');
}

const twoDigits = (number: number) => String(number).padStart(2, '0');

function recordOf(citation: Citation): string {
  const { day, year } = citation;
  const lines: [string, string][] = [
    // Unpublished work: what reference managers make a preprint of.
    ['TY', 'UNPB'],
    ['ID', citation.key],
    ['TI', citation.title],
    ...citation.names.map((name): [string, string] => ['AU', nameInRis(name)]),
    ['PY', String(year)],
    ['DA', day ? `${year}/${twoDigits(day.month)}/${twoDigits(day.day)}` : ''],
    ['AB', citation.abstract],
    ...citation.keywords.map((keyword): [string, string] => ['KW', keyword]),
    ['PB', 'arXiv'],
    ['M1', `arXiv:${citation.id}`],
    ['DO', citation.doi],
    ['UR', citation.url],
  ];
  const written = lines.filter(([, value]) => value !== '').map(([tag, value]) => `${tag}  - ${value}\r\n`);
  return `${written.join('')}ER  - \r\n`;
}

/** Papers as an RIS file, UTF-8, lines ending in CR LF as the format wants. Texts are one line each. No papers: ''. */
export const toRis = (papers: readonly CitedPaper[]): string =>
  toCitations(papers).map(recordOf).join('\r\n');
