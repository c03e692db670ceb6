import { expect, test } from '@jest/globals';
import { freePorts } from './ports.ts';

test('gives as many different ports as asked for', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) expect(port).toBeGreaterThan(1023);
});
