/**
 * Holds the source to its import boundaries: prints `file:line: rule` for every import that crosses one or closes a
 * circle, and exits 1.
 *
 *   node scripts/check-imports.ts
 *
 * operators/api imports nothing, operators/runtime nothing of ours; operators/fleet imports these two and itself; a
 * component imports these three and itself, the add-on manager operators/addon-framework as well; the CLI imports the API,
 * the client, fleet and the bundles; tests and scripts import what they like; nothing imports a main.ts. No file leads
 * back to itself, be it by types alone: such files can only be read all at once.
 */
import { readFile, readdir } from 'node:fs/promises';
import { basename, join, posix, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from '@swc/core';

export interface Import {
  specifier: string;
  /** Counted from 1. */
  line: number;
}

/** What an import leads to: a file of this repository, seen from its root, or a package. */
type Target = { file: string } | { package: string };

const sourceFolders = ['operators', 'cli', 'test', 'scripts'];
/** What every component may import beside itself. */
const shared = ['operators/api', 'operators/runtime', 'operators/fleet'];
const components = ['registration', 'work', 'placement', 'addon-framework', 'addon', 'registration-operator'];
/** What add-ons and their manager are built on. */
const framework = 'operators/addon-framework';

/** Packages that only the runtime wraps; whoever else needs one is named. */
const wrapped: Record<string, string[]> = {
  '@kubernetes/client-node': ['cli'],
  undici: [],
  winston: [],
};

/** The one file that joins two components in one process, and what it may take from them. */
const composer = 'operators/registration-operator/agent.ts';
const composed = /^operators\/(?:registration|work)\/agent\/[^/]+\.ts$/;

const within = (file: string, ...folders: string[]) =>
  folders.some((folder) => file.startsWith(`${folder}/`));
const isTest = (file: string) => within(file, 'test', 'scripts') || file.endsWith('.test.ts');

/** The rule that an import breaks, or undefined when it is in order. Files are given from the repository's root. */
export const brokenRule = (file: string, target: Target): string | undefined => {
  if ('file' in target && basename(target.file) === 'main.ts') return 'nothing imports main.ts';
  if (isTest(file)) return undefined;

  if (within(file, 'operators/api')) {
    const inside = 'file' in target && within(target.file, 'operators/api');
    return inside ? undefined : 'operators/api imports nothing';
  }
  if ('package' in target) return brokenPackageRule(file, target.package);
  if (!within(target.file, ...sourceFolders)) return undefined;

  if (within(file, 'operators/runtime')) {
    return within(target.file, 'operators/runtime') ? undefined : 'operators/runtime imports nothing of OCM';
  }
  if (within(file, 'cli')) {
    const allowed = [
      'cli',
      'operators/api',
      'operators/runtime/client',
      'operators/fleet',
      'operators/registration-operator/bundle',
    ];
    return within(target.file, ...allowed)
      ? undefined
      : `cli imports ${allowed.slice(1).join(', ')} and nothing else of ours`;
  }
  if (within(file, 'operators/fleet')) {
    return within(target.file, ...shared)
      ? undefined
      : 'operators/fleet imports operators/api, operators/runtime and itself';
  }
  const component = components.find((name) => within(file, `operators/${name}`));
  if (component === undefined) return `no rule is known for this folder: add it to scripts/check-imports.ts`;
  if (within(target.file, ...shared, `operators/${component}`)) return undefined;
  if (component === 'addon' && within(target.file, framework)) return undefined;
  if (file === composer && composed.test(target.file)) return undefined;
  return `a component imports ${shared.join(', ')} and itself`;
};

const brokenPackageRule = (file: string, name: string): string | undefined => {
  const allowed = wrapped[name];
  if (allowed === undefined || within(file, 'operators/runtime', ...allowed)) return undefined;
  return `${name} is imported by ${['operators/runtime', ...allowed].join(' and ')} only`;
};

/** Resolves a specifier as Node does, without looking at the disk. */
export const targetOf = (file: string, specifier: string): Target => {
  if (specifier.startsWith('.')) return { file: posix.join(posix.dirname(file), specifier) };
  const [scope = '', name = ''] = specifier.split('/');
  return { package: scope.startsWith('@') ? `${scope}/${name}` : scope };
};

/** Every import of a module: static, dynamic with a literal, re-export, and `import('…')` types. */
export const importsOf = async (source: string): Promise<Import[]> => {
  // Positions count bytes from a start that moves from call to call; a statement of ours in front tells where it is.
  const module = await parse(`;${source}`, { syntax: 'typescript', target: 'es2022' });
  const start = module.body[0]?.span.start ?? 0;
  const bytes = Buffer.from(`;${source}`);
  const lineAt = (position: number) =>
    bytes
      .subarray(0, position - start)
      .toString()
      .split('\n').length;

  const found: Import[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const literal = specifierOf(node as Record<string, unknown>);
    if (literal) found.push({ specifier: literal.value, line: lineAt(literal.span.start) });
    for (const child of Object.values(node)) visit(child);
  };
  visit(module);
  return found;
};

interface Literal {
  type: string;
  value: string;
  span: { start: number };
}

const specifierOf = (node: Record<string, unknown>): Literal | undefined => {
  switch (node['type']) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return (node['source'] as Literal | null) ?? undefined;
    case 'TsImportType':
      return node['argument'] as Literal;
    case 'CallExpression': {
      if ((node['callee'] as { type: string }).type !== 'Import') return undefined;
      const [argument] = node['arguments'] as { expression: Literal }[];
      return argument?.expression.type === 'StringLiteral' ? argument.expression : undefined;
    }
    default:
      return undefined;
  }
};

/**
 * Circles in a graph of imports, each as the files on the way from the first back to itself; none is empty of circles.
 * Where circles share files, not every one of them is named.
 */
export const circlesIn = (imports: ReadonlyMap<string, readonly string[]>): string[][] => {
  const circles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (done.has(file)) return;
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file]);
      return;
    }
    path.push(file);
    for (const target of imports.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return circles;
};

/** Every violation under `root`, as `file:line: rule`, in the order of files and lines; circles come last. */
export const checkImports = async (root: string): Promise<string[]> => {
  const violations: string[] = [];
  const graph = new Map<string, string[]>();
  for (const file of await typescriptFiles(root)) {
    const imports = await importsOf(await readFile(join(root, file), 'utf8')).catch((cause: unknown) => {
      throw new Error(`${file} cannot be parsed`, { cause });
    });
    const targets: string[] = [];
    for (const { specifier, line } of imports) {
      const target = targetOf(file, specifier);
      if ('file' in target) targets.push(target.file);
      const rule = brokenRule(file, target);
      if (rule) violations.push(`${file}:${line}: ${rule} (found '${specifier}')`);
    }
    graph.set(file, targets);
  }
  const circles = circlesIn(graph).map((circle) => `a circle of imports: ${circle.join(' → ')}`);
  return [...violations, ...circles];
};

const typescriptFiles = async (root: string): Promise<string[]> => {
  const files: string[] = [];
  for (const folder of sourceFolders) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      files.push(relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'));
    }
  }
  return files.toSorted((a, b) => (a < b ? -1 : 1));
};

const main = async () => {
  const violations = await checkImports(resolve(import.meta.dirname, '..'));
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length === 0 ? 0 : 1;
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
