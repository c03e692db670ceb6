// @peculiar/x509 loads tsyringe, which refuses to load unless Reflect has the metadata functions of a polyfill. It
// asks them only about constructors with injected parameters, of which x509 has none: "nothing known" is the answer.
const reflect = Reflect as unknown as Record<string, unknown>;
const nothingKnown = (): undefined => undefined;

reflect['getMetadata'] ??= nothingKnown;
reflect['getOwnMetadata'] ??= nothingKnown;
