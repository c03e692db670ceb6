import jsonPatch, { type Operation } from 'fast-json-patch';
import { BundleError } from './types.ts';

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test'];
const forbiddenSegments = ['__proto__', 'constructor', 'prototype'];

const pointerProblem = (pointer: unknown): string | undefined => {
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) return 'a path must start with /';
  return pointer.split('/').some((segment) => forbiddenSegments.includes(segment))
    ? `the path ${pointer} is not allowed`
    : undefined;
};

/** Checks that what was read from an overlay file is a JSON patch. */
export const parsePatch = (file: string, document: unknown): Operation[] => {
  const refuse = (problem: string): never => {
    throw new BundleError(file, problem, 'Write a list of RFC 6902 operations with paths inside the object');
  };
  if (!Array.isArray(document)) return refuse('an overlay must be a list of operations');
  for (const step of document) {
    if (step === null || typeof step !== 'object') refuse('an operation must be a map');
    const { op, path, from } = step as { op?: unknown; path?: unknown; from?: unknown };
    if (typeof op !== 'string' || !operations.includes(op)) refuse(`unknown operation ${String(op)}`);
    const problem =
      pointerProblem(path) ?? (op === 'move' || op === 'copy' ? pointerProblem(from) : undefined);
    if (problem) refuse(problem);
  }
  return document as Operation[];
};

/** A patched copy of the object; the object itself stays as it is. */
export const patched = <T extends object>(file: string, object: T, patch: Operation[]): T => {
  try {
    return jsonPatch.applyPatch(object, structuredClone(patch), true, false, true).newDocument;
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error);
    throw new BundleError(file, `the patch does not fit (${problem})`, 'Correct the paths of its operations');
  }
};
