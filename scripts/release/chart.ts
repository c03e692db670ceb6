import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OperatorName } from '../../operators/registration-operator/bundle/index.ts';
import { withRegistry, withVersion } from '../charts.ts';
import { gzip, tar } from '../images/layer.ts';
import { repository } from '../repository.ts';

export const chartNames: readonly OperatorName[] = ['cluster-manager', 'klusterlet'];

/**
 * Packs a chart as `helm package` does, for a version (`v1.2.3`) and the registry that its images are in, but the same
 * files make the same archive. Returns the archive's name.
 */
export const packChart = (name: OperatorName, version: string, registry: string, folder: string): string => {
  const work = mkdtempSync(join(tmpdir(), 'chart-'));
  try {
    cpSync(join(repository, 'charts', name), join(work, name), { recursive: true });
    const edit = (file: string, change: (text: string) => string) => {
      const path = join(work, name, file);
      writeFileSync(path, change(readFileSync(path, 'utf8')));
    };
    edit('Chart.yaml', (text) => withVersion(text, version));
    edit('values.yaml', (text) => withRegistry(text, registry));
    const archive = `${name}-${version.slice(1)}.tgz`;
    // Helm reads the first entry as the chart's folder: it takes no "./" before it.
    tar(work, join(work, 'chart'), [name]);
    gzip(join(work, 'chart'));
    cpSync(join(work, 'chart.gz'), join(folder, archive));
    return archive;
  } finally {
    rmSync(work, { recursive: true });
  }
};
