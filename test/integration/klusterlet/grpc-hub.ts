import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority } from '../../cluster/certificates.ts';
import { freePort } from '../../cluster/ports.ts';
import type { Rig as Hub } from '../registration/rig.ts';

/** A hub whose gRPC server and registration controller run. */
export interface GrpcHub {
  /** How a client with this token reaches the server: `config.yaml` of a bootstrap secret. */
  configFor(token: string | undefined): string;
}

/** Starts what a hub needs on which clusters register by CSR and by gRPC. */
export const startGrpcHub = async (hub: Hub): Promise<GrpcHub> => {
  const authority = await createAuthority('cluster-manager');
  const serving = await authority.issue({
    commonName: 'server',
    dnsNames: ['localhost'],
    addresses: ['127.0.0.1'],
  });
  const port = await freePort();
  const folder = join(hub.workspace.folder, 'grpc');
  await mkdir(folder);
  const file = async (name: string, content: string) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  const [ca, caKey] = [
    await file('ca.crt', authority.certificate),
    await file('ca.key', authority.privateKey),
  ];
  const certificate = await file('tls.crt', serving.certificate);
  const key = await file('tls.key', serving.privateKey);
  const config = await file(
    'config.yaml',
    `server_bind_port: ${port}\ntls_cert_file: ${certificate}\ntls_key_file: ${key}\nclient_ca_file: ${ca}\n`,
  );
  await hub.startController([
    '--enabled-registration-drivers=csr,grpc',
    `--grpc-ca-file=${ca}`,
    `--grpc-key-file=${caKey}`,
    '--namespace=open-cluster-management-hub',
  ]);
  await hub.startGrpcServer(config);
  const caData = Buffer.from(authority.certificate).toString('base64');
  return { configFor: (token) => `url: 127.0.0.1:${port}\ncaData: ${caData}\ntoken: ${token}\n` };
};
