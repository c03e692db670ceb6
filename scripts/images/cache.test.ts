import { expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveName, keepInUse } from './cache.ts';

test('the archives that were used last stay, and whatever else is in the folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-cache-'));
  try {
    const archive = (index: number) => archiveName('v0.4.0', String(index));
    const others = ['open-cluster-management-test-base-1.tar', `${archive(1)}.part`];
    const names = Array.from({ length: 9 }, (_, index) => archive(index));
    for (const [index, name] of [...names, ...others].entries()) {
      writeFileSync(join(folder, name), '');
      utimesSync(join(folder, name), index, index);
    }
    keepInUse(join(folder, archive(0)));
    const stay = [0, 4, 5, 6, 7, 8].map(archive);
    expect(readdirSync(folder).toSorted()).toEqual([...stay, ...others].toSorted());
    writeFileSync(join(folder, archive(9)), '');
    keepInUse(join(folder, archive(9)));
    expect(readdirSync(folder)).toContain(archive(0));
    expect(readdirSync(folder)).not.toContain(archive(4));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
