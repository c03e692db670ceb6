import type { LabelSelector } from '../../operators/api/index.ts';

type Expression = NonNullable<LabelSelector['matchExpressions']>[number];

const key = String.raw`(?:[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?`;
const value = String.raw`(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?`;

const exists = new RegExp(`^(!?)\\s*(${key})$`);
const equality = new RegExp(`^(${key})\\s*(==|=|!=)\\s*(${value})$`);
const membership = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const oneValue = new RegExp(`^${value}$`);

/**
 * One requirement on labels as kubectl writes it: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`.
 * @throws Error for anything else
 */
export const labelRequirement = (text: string): LabelSelector => {
  const written = text.trim();
  const fail = (why: string) => new Error(`failed to parse selector ${text}: ${why}`);
  const equal = equality.exec(written);
  if (equal) {
    const [, name = '', operator, wanted = ''] = equal;
    return operator === '!='
      ? expression({ key: name, operator: 'NotIn', values: [wanted] })
      : { matchLabels: { [name]: wanted } };
  }
  const member = membership.exec(written);
  if (member) {
    const [, name = '', operator, list = ''] = member;
    const values = list.split(',').map((one) => one.trim());
    const wrong = values.find((one) => !oneValue.test(one));
    if (wrong !== undefined) throw fail(`${JSON.stringify(wrong)} cannot be the value of a label`);
    return expression({ key: name, operator: operator === 'in' ? 'In' : 'NotIn', values });
  }
  const present = exists.exec(written);
  if (present) return expression({ key: present[2]!, operator: present[1] ? 'DoesNotExist' : 'Exists' });
  throw fail('write key=value, key!=value, key in (a,b), key notin (a,b), key or !key');
};

const expression = (one: Expression): LabelSelector => ({ matchExpressions: [one] });

/** Commas divide selectors, but not the values between brackets. */
export const dividedSelectors = (values: readonly string[]): string[] => {
  const parts: string[] = [];
  let open = '';
  for (const part of values) {
    open = open ? `${open},${part}` : part;
    if (open.split('(').length > open.split(')').length) continue;
    parts.push(open);
    open = '';
  }
  return open ? [...parts, open] : parts;
};
