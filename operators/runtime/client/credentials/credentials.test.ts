import { chmod, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import {
  type Handler,
  type ScriptedServer,
  startScriptedServer,
  testAuthority,
} from '../../../../test/scripted/server.ts';
import { connect } from '../connect.ts';
import type { Connection } from '../connection.ts';
import { configMaps } from '../kubernetes.ts';
import { Credentials } from './credentials.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  return folder;
};

const startServer = async (handler: Handler): Promise<ScriptedServer> => {
  const server = await startScriptedServer({ handler });
  cleanups.push(() => server.close());
  return server;
};

const clientOf = (server: ScriptedServer, connection: Partial<Connection>) => {
  const client = connect(
    { server: server.url, caData: server.caData, ...connection },
    { userAgent: 'test', env: {} },
  );
  cleanups.push(() => client.close());
  return client;
};

const refusal = { kind: 'Status', code: 401, reason: 'Unauthorized', message: 'Unauthorized' };
const get = (client: ReturnType<typeof connect>) => client.get(configMaps, 'a', 'ns');

/** Replaces a file as a volume does: whole, and another file than before. */
const replaceFile = async (path: string, text: string) => {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
};

test('a token file that has changed is read again when the old token is refused, once', async () => {
  const tokenFile = join(await newFolder(), 'token');
  await writeFile(tokenFile, 'old\n');
  let accepted = 'old';
  const server = await startServer((call, reply) =>
    call.headers.authorization === `Bearer ${accepted}` ? reply.json({}) : reply.json(refusal, 401),
  );
  const client = clientOf(server, { tokenFile, token: 'unused' });
  await get(client);
  accepted = 'new';
  await expect(get(client)).rejects.toMatchObject({ code: 401 });
  expect(server.calls).toHaveLength(2);
  await replaceFile(tokenFile, 'new');
  await get(client);
  expect(server.calls.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer old',
    'Bearer old',
    'Bearer old',
    'Bearer new',
  ]);
});

test('basic authentication is sent, and a refusal without anything to refresh is final', async () => {
  const server = await startServer((_call, reply) => reply.json(refusal, 401));
  await expect(get(clientOf(server, { username: 'ü', password: 'p:q' }))).rejects.toMatchObject({
    code: 401,
  });
  expect(server.calls.map(({ headers }) => headers.authorization)).toEqual([
    `Basic ${Buffer.from('ü:p:q').toString('base64')}`,
  ]);
});

test('a missing token file is named', async () => {
  const server = await startServer((_call, reply) => reply.json({}));
  await expect(get(clientOf(server, { tokenFile: '/nowhere/token' }))).rejects.toThrow(
    /ENOENT: no such file or directory, .*'\/nowhere\/token'/,
  );
});

test('a client certificate is noticed when its file changes; half of a change is not taken', async () => {
  const folder = await newFolder();
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const authority = await testAuthority();
  const [first, second] = [
    await authority.issue({ commonName: 'first' }),
    await authority.issue({ commonName: 'second' }),
  ];
  await writeFile(certFile, first.certificate);
  await writeFile(keyFile, first.privateKey);
  const credentials = new Credentials({ server: '', certFile, keyFile }, { certificateIntervalMs: 0 });
  const before = (await credentials.current()).tls;
  expect((await credentials.current()).tls).toBe(before);
  await replaceFile(certFile, second.certificate);
  expect((await credentials.current()).tls).toBe(before);
  await replaceFile(keyFile, second.privateKey);
  const after = (await credentials.current()).tls;
  expect(after).not.toBe(before);
  await rm(certFile);
  expect((await credentials.current()).tls).toBe(after);
});

test('an invalid certificate says so', async () => {
  const credentials = new Credentials({ server: '', certData: 'x', keyData: 'y' });
  await expect(credentials.current()).rejects.toThrow(
    /^the client certificate, its key or the CA bundle is invalid: /,
  );
});

test('with a new certificate new connections are made, and requests under way still end on the old', async () => {
  const folder = await newFolder();
  const authority = await testAuthority();
  // As the kubelet mounts a Secret: files are links through one link, which is swapped.
  const version = async (name: string) => {
    const { certificate, privateKey } = await authority.issue({ commonName: name });
    await writeFile(join(folder, `${name}.crt`), certificate);
    await writeFile(join(folder, `${name}.key`), privateKey);
    for (const kind of ['crt', 'key']) {
      await symlink(join(folder, `${name}.${kind}`), join(folder, `new.${kind}`));
      await rename(join(folder, `new.${kind}`), join(folder, `tls.${kind}`));
    }
  };
  await version('first');
  const release = Promise.withResolvers<void>();
  const server = await startServer(async (call, reply) => {
    if (call.path.endsWith('slow')) await release.promise;
    reply.json({ data: { name: call.clientName } });
  });
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  const client = connect(
    { server: server.url, caData: server.caData, ...files },
    { userAgent: 'test', env: {}, timing: { certificateIntervalMs: 0 } },
  );
  cleanups.push(() => client.close());
  const nameAt = async (path: string) => (await client.get(configMaps, path, 'ns')).data?.['name'];
  const slow = nameAt('slow');
  expect(await nameAt('a')).toBe('first');
  await version('second');
  expect(await nameAt('b')).toBe('second');
  const drained = Promise.all(
    [...server.sessions].slice(0, 1).map((session) => new Promise((done) => session.once('close', done))),
  );
  release.resolve();
  expect(await slow).toBe('first');
  await drained;
  expect(server.sessions.size).toBe(1);
});

test('an exec plugin gives the token, and is asked again when it is refused', async () => {
  const folder = await newFolder();
  const command = join(folder, 'plugin');
  const counter = join(folder, 'count');
  await writeFile(
    command,
    `#!/bin/sh
echo "$KUBERNETES_EXEC_INFO" >> ${counter}
count=$(wc -l < ${counter} | tr -d ' ')
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s-%s"}}' "$PREFIX" "$count"
`,
  );
  await chmod(command, 0o700);
  let accepted = 'Bearer t-1';
  const server = await startServer((call, reply) =>
    call.headers.authorization === accepted ? reply.json({}) : reply.json(refusal, 401),
  );
  const client = clientOf(server, {
    exec: {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command,
        env: [{ name: 'PREFIX', value: 't' }],
        provideClusterInfo: true,
      },
    },
  });
  await Promise.all([get(client), get(client)]);
  await get(client);
  accepted = 'Bearer t-2';
  await Promise.all([get(client), get(client)]);
  const tokens = server.calls.map(({ headers }) => headers.authorization);
  expect(new Set(tokens)).toEqual(new Set(['Bearer t-1', 'Bearer t-2']));
  expect(tokens.filter((token) => token === 'Bearer t-2')).toHaveLength(2);
});

test('a plugin that fails says why', async () => {
  const server = await startServer((_call, reply) => reply.json({}));
  const client = clientOf(server, { exec: { exec: { command: '/nowhere/plugin' } } });
  await expect(get(client)).rejects.toThrow(/ENOENT/);
});
