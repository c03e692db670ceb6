import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Authority, createAuthority, type Subject } from '../../../../test/cluster/certificates.ts';
import { connect } from '../connect.ts';
import type { Connection } from '../connection.ts';

const day = 86_400_000;
const inDays = (from: number, to: number) => ({
  notBefore: new Date(Date.now() + from * day),
  notAfter: new Date(Date.now() + to * day),
});
const local: Subject = { commonName: 'kube-apiserver', addresses: ['127.0.0.1'] };

let [ours, theirs]: Authority[] = [];

beforeAll(async () => {
  ours = await createAuthority('our-ca');
  theirs = await createAuthority('their-ca');
});

/** What a client says of a server with this certificate. */
const refusal = async (
  { certificate, privateKey }: { certificate: string; privateKey: string },
  connection: Partial<Connection>,
): Promise<string> => {
  const server = createServer({ cert: certificate, key: privateKey }, (_request, answer) => answer.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = connect({ server: url, ...connection }, { userAgent: 'test' });
  try {
    await client.request({ method: 'GET', path: '/version' });
    return 'accepted';
  } catch (error) {
    expect((error as Error).message).toContain(`GET /version at ${url}: `);
    return (error as Error).message.slice(`GET /version at ${url}: `.length);
  } finally {
    await client.close();
    server.closeAllConnections();
    server.close();
  }
};

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
const presented = (issuer: string) =>
  `^the server presented a certificate of "CN=kube-apiserver", ${issuer}, valid from ${time} to ${time}, `;
const by = (name: string) => `issued by "CN=${name}"`;
const caSource = 'certificate-authority-data of cluster "hub" in /home/me/config';

describe('a certificate that does not verify', () => {
  const cases: [string, () => Promise<string>, RegExp][] = [
    [
      'of another CA',
      async () => refusal(await theirs!.issue(local), { caData: ours!.certificate, caSource }),
      new RegExp(
        `${presented(by('their-ca'))}where one was expected from "CN=our-ca" \\(${caSource}\\); is this the right server\\? If it is, correct ${caSource} `,
      ),
    ],
    [
      'of another CA of the same name',
      async () =>
        refusal(await (await createAuthority('our-ca')).issue(local), {
          caData: ours!.certificate,
          caSource,
        }),
      new RegExp(`${presented(by('our-ca'))}where one was expected from "CN=our-ca" `),
    ],
    [
      'where a flag names the CA',
      async () =>
        refusal(await theirs!.issue(local), {
          caData: ours!.certificate,
          caSource: '--ca-file /tmp/ca.crt',
          caRemedy: 'give the CA of the hub with --ca-file',
        }),
      /from "CN=our-ca" \(--ca-file \/tmp\/ca\.crt\); is this the right server\? If it is, give the CA of the hub with --ca-file/,
    ],
    [
      'without a CA',
      async () => refusal(await ours!.issue(local), { caSource }),
      new RegExp(
        `${presented(by('our-ca'))}where one was expected from a CA that this system trusts; name that of the server: ${caSource}`,
      ),
    ],
    [
      'signed by itself',
      async () => {
        const own = await createAuthority('kube-apiserver');
        return refusal(own, { caData: ours!.certificate, caSource });
      },
      new RegExp(`${presented('signed by itself')}where one was expected from "CN=our-ca"`),
    ],
    [
      'that has expired',
      async () =>
        refusal(await ours!.issue({ ...local, valid: inDays(-2, -1) }), { caData: ours!.certificate }),
      new RegExp(`${presented(by('our-ca'))}which has expired; renew it, or correct the clock here`),
    ],
    [
      'that is not valid yet',
      async () =>
        refusal(await ours!.issue({ ...local, valid: inDays(1, 2) }), { caData: ours!.certificate }),
      new RegExp(`${presented(by('our-ca'))}which is not valid yet; renew it, or correct the clock here`),
    ],
    [
      'for another host',
      async () =>
        refusal(await ours!.issue({ commonName: 'kube-apiserver', dnsNames: ['hub.example'] }), {
          caData: ours!.certificate,
        }),
      new RegExp(
        `${presented(by('our-ca'))}which is for DNS:hub.example and not for 127.0.0.1; connect by one of its names, or set tls-server-name`,
      ),
    ],
  ];
  test.each(cases)('%s', async (_what, attempt, message) => {
    const said = await attempt();
    expect(said).toMatch(message);
    expect(said).not.toMatch(/node/i);
  });

  test('of several authorities a few are named', async () => {
    const many = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(createAuthority));
    const caData = many.map(({ certificate }) => certificate).join('\n');
    expect(await refusal(await ours!.issue(local), { caData })).toContain(
      'from "CN=a", "CN=b", "CN=c", 2 others; is this',
    );
  });

  test('is taken when nobody asked to verify it, and a good one is', async () => {
    const own = await createAuthority('kube-apiserver');
    expect(await refusal(own, { insecureSkipTlsVerify: true })).toBe('accepted');
    expect(await refusal(await ours!.issue(local), { caData: ours!.certificate })).toBe('accepted');
  });

  test('holds whatever the environment says to Node', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await refusal(await theirs!.issue(local), { caData: ours!.certificate })).toMatch(/their-ca/);
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });
});
