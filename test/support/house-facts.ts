import { parseAst } from 'vite';

/** One import, of whatever form. */
export interface Import {
  specifier: string;
  /** Nothing of it is left when the types are gone. */
  typeOnly: boolean;
}

/** What the house rules ask of one file. */
export interface Facts {
  imports: Import[];
  exportsAll: boolean;
  /** Loads what is only known when it runs, so that no reader can say what it imports. */
  importsComputed: boolean;
  readsEnvironment: boolean;
  usesAny: boolean;
  /** Statements of the file that are not `export { names } from './file.ts'`. */
  otherStatements: number;
}

interface Node {
  type: string;
  [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    if (isNode(value)) yield* walk(value);
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) yield* walk(item);
  }
}

/** The text of a literal; undefined for all else. */
const textOf = (node: unknown) =>
  isNode(node) && node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
const nameOf = (node: unknown) =>
  isNode(node)
    ? node.type === 'Identifier'
      ? node.name
      : node.type === 'Literal'
        ? node.value
        : undefined
    : undefined;
const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** `process.env`, `process['env']`, `const { env } = process`, `import { env } from 'node:process'`. */
function readsEnvironment(node: Node): boolean {
  if (node.type === 'MemberExpression')
    return nameOf(node.object) === 'process' && nameOf(node.property) === 'env';
  if (node.type === 'VariableDeclarator' && nameOf(node.init) === 'process' && isNode(node.id))
    return node.id.type === 'ObjectPattern' && nodes(node.id.properties).some((p) => nameOf(p.key) === 'env');
  if (node.type === 'ImportDeclaration' && /^(node:)?process$/.test(String(nameOf(node.source))))
    return nodes(node.specifiers).some((s) => s.type !== 'ImportSpecifier' || nameOf(s.imported) === 'env');
  return false;
}

/** What `import()` or `require()` is given; undefined for all else. */
function lateImport(node: Node): unknown {
  if (node.type === 'ImportExpression') return node.source;
  if (node.type === 'CallExpression' && nameOf(node.callee) === 'require') return nodes(node.arguments)[0];
  return undefined;
}

function importOf(node: Node): Import | undefined {
  if (node.type === 'ImportDeclaration') {
    const specifiers = nodes(node.specifiers);
    const typeOnly =
      node.importKind === 'type' ||
      (specifiers.length > 0 && specifiers.every((s) => s.importKind === 'type'));
    return { specifier: String(nameOf(node.source)), typeOnly };
  }
  if (
    (node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') &&
    isNode(node.source)
  ) {
    const specifiers = nodes(node.specifiers);
    const typeOnly =
      node.exportKind === 'type' ||
      (specifiers.length > 0 && specifiers.every((s) => s.exportKind === 'type'));
    return { specifier: String(nameOf(node.source)), typeOnly };
  }
  if (node.type === 'TSImportType') return { specifier: String(nameOf(node.source)), typeOnly: true };
  const late = lateImport(node);
  if (late !== undefined && textOf(late) !== undefined)
    return { specifier: String(textOf(late)), typeOnly: false };
  return undefined;
}

/**
 * Reads one file of TypeScript or JavaScript; types are seen too, comments and strings are not mistaken for code.
 *
 * @throws the parser's error on a text that is not a program
 */
export function readFacts(path: string, text: string): Facts {
  const program: unknown = parseAst(text, { lang: path.endsWith('.ts') ? 'ts' : 'js' }, path);
  if (!isNode(program)) throw new Error(`${path} gave no syntax tree`);
  const facts: Facts = {
    imports: [],
    exportsAll: false,
    importsComputed: false,
    readsEnvironment: false,
    usesAny: false,
    otherStatements: 0,
  };
  for (const node of walk(program)) {
    const found = importOf(node);
    if (found) facts.imports.push(found);
    if (node.type === 'ExportAllDeclaration') facts.exportsAll = true;
    const late = lateImport(node);
    if (late !== undefined && textOf(late) === undefined) facts.importsComputed = true;
    if (node.type === 'TSAnyKeyword') facts.usesAny = true;
    if (readsEnvironment(node)) facts.readsEnvironment = true;
  }
  facts.otherStatements = nodes(program.body).filter(
    (s) => !(s.type === 'ExportNamedDeclaration' && isNode(s.source)) && s.type !== 'ExportAllDeclaration',
  ).length;
  return facts;
}
