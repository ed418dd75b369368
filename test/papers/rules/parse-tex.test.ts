import { describe, expect, it } from 'vitest';
import { decodeTexLetters, decodeTexProse, splitCreators } from '../../../src/papers/rules/parse-tex.ts';

describe('decodeTexLetters', () => {
  it.each([
    [String.raw`J\'er\'emy`, 'Jérémy'],
    [String.raw`{\'e} \'{e} {\'{e}}`, 'é é é'],
    [String.raw`Erd\H{o}s, \v{S} \v S`, 'Erdős, Š Š'],
    [String.raw`Fran\c{c}ois M\"uller S\~{a}o na\"{\i}ve`, 'François Müller São naïve'],
    [String.raw`{\L}ukasz \L ukasz \O{}sterg{\aa}rd \ss{}`, 'Łukasz Łukasz Østergård ß'],
    [
      String.raw`\cite{a} \url{b} \textbf{\'e} \omega \lambda`,
      String.raw`\cite{a} \url{b} \textbf{é} \omega \lambda`,
    ],
    [String.raw`a\\'b https://x.org/\~user`, String.raw`a\\'b https://x.org/\~user`],
    ['plain $1 Million', 'plain $1 Million'],
  ])('%s', (tex, plain) => expect(decodeTexLetters(tex)).toBe(plain));

  it('ends soon for anything long', () => {
    const startedAt = performance.now();
    for (const unit of ["{\\'", '\\v ', '{{\\c{', '\\', "\\'{\\i", '$\\o'])
      decodeTexProse(unit.repeat(100_000 / unit.length));
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});

it('decodeTexProse leaves formulas alone', () => {
  expect(decodeTexProse(String.raw`Schr\"odinger's $\o \'e$ for $1 and Erd\H{o}s`)).toBe(
    String.raw`Schrödinger's $\o \'e$ for $1 and Erdős`,
  );
});

it('splitCreators takes names apart, without affiliations', () => {
  expect(
    splitCreators(String.raw`Leconte J\'er\'emy, John Doe, Jr., A. B. (MIT (CS), US), , C and D`),
  ).toEqual(['Leconte Jérémy', 'John Doe, Jr.', 'A. B.', 'C', 'D']);
  expect(splitCreators(' ')).toEqual([]);
});
