import type { Client } from '../../../operators/runtime/client/client.ts';

const verbs = ['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE'].join('|');
const refusal = new RegExp(
  `^apiserver_request_total\\{(?=.*code="4\\d\\d")(?=.*verb="(?:${verbs})").*\\} (\\S+)$`,
  'gm',
);

/** Writes that an API server has refused so far, by its own count. */
export const refusedWrites = async (client: Client): Promise<number> => {
  const text = await client.request<string>({ method: 'GET', path: '/metrics' });
  return [...text.matchAll(refusal)].reduce((sum, [, count]) => sum + Number(count), 0);
};
