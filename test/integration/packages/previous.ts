import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  findBundles,
  loadBundles,
  type OperatorName,
} from '../../../operators/registration-operator/bundle/index.ts';
import { charts, generated } from '../../../scripts/charts.ts';
import { treeOf } from '../../../scripts/kustomize.ts';
import { chartFolder } from '../charts/helm.ts';
import { writeTree } from './kustomize.ts';

/** The version before the newest one. */
export const previousBundle = loadBundles(findBundles())[1];
if (!previousBundle) throw new Error('there is no version to upgrade from');
export const previousVersion = `v${previousBundle.version}`;

/** An operator's chart with all that it takes from the previous bundle. Resolves to its folder. */
export const previousChart = async (operator: OperatorName, target: string): Promise<string> => {
  const folder = join(target, 'charts', operator);
  await cp(chartFolder(operator), folder, { recursive: true });
  const chart = charts.find(({ name }) => name === operator);
  if (!chart) throw new Error(`no chart is called ${operator}`);
  for (const [file, text] of generated(chart, previousVersion)) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await writeFile(join(target, file), text);
  }
  return folder;
};

/** An operator's kustomize tree as the previous bundle gives it. Resolves to its folder. */
export const previousTree = async (operator: OperatorName, target: string): Promise<string> => {
  const folder = join(target, 'deploy', operator, 'config');
  await writeTree(folder, treeOf(operator, previousBundle));
  return folder;
};
