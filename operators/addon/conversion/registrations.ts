import type {
  ManagedClusterAddOnRegistration,
  ManagedClusterAddOnRegistrationV1alpha1,
  ManagedClusterAddOnStatusV1alpha1,
} from '../../api/generated/addon.ts';
import { signer } from '../../api/names.ts';
import { isMap, parseJson } from '../../runtime/client/json.ts';

type Driver = NonNullable<ManagedClusterAddOnStatusV1alpha1['kubeClientDriver']>;

/** What `status` of v1alpha1 says of registrations. */
export interface RegistrationsV1alpha1 {
  registrations?: ManagedClusterAddOnRegistrationV1alpha1[];
  kubeClientDriver?: Driver;
}

interface UnitsOf {
  /** Counted from 0, among those of type kubeClient. */
  at: number;
  user: string;
  units: string[];
}

/** What v1beta1 has no field for, kept in an annotation (addon.md 14, A25). */
interface Remainder {
  /** Of registrations of type kubeClient that have organizational units: which of them it is, and for which user. */
  organizationUnits?: UnitsOf[];
  /** The driver, while there is no registration that could have it. */
  driver?: Driver;
}

const isKubeClient = ({ signerName }: ManagedClusterAddOnRegistrationV1alpha1): boolean =>
  signerName === signer.kubeApiServerClient;

const toV1beta1 = (
  { signerName, subject }: ManagedClusterAddOnRegistrationV1alpha1,
  driver: Driver | undefined,
): ManagedClusterAddOnRegistration => {
  const { organizationUnit, ...names } = subject ?? {};
  if (signerName === signer.kubeApiServerClient) {
    const kubeClient = { ...(driver && { driver }), ...(subject && { subject: names }) };
    return { type: 'kubeClient', kubeClient };
  }
  const ofSigner = { ...names, ...(organizationUnit && { organizationUnits: organizationUnit }) };
  return { type: 'customSigner', customSigner: { signerName, ...(subject && { subject: ofSigner }) } };
};

const toV1alpha1 = ({
  type,
  kubeClient,
  customSigner,
}: ManagedClusterAddOnRegistration): ManagedClusterAddOnRegistrationV1alpha1 => {
  if (type === 'kubeClient') {
    const { subject } = kubeClient ?? {};
    return { signerName: signer.kubeApiServerClient, ...(subject && { subject }) };
  }
  const { signerName = '', subject } = customSigner ?? {};
  const { organizationUnits, ...names } = subject ?? {};
  const ofSigner = { ...names, ...(organizationUnits && { organizationUnit: organizationUnits }) };
  return { signerName, ...(subject && { subject: ofSigner }) };
};

/** Registrations of v1alpha1 as those of v1beta1, and what these have no room for, as the value of an annotation. */
export const registrationsToV1beta1 = ({
  registrations,
  kubeClientDriver,
}: RegistrationsV1alpha1): { registrations?: ManagedClusterAddOnRegistration[]; remainder?: string } => {
  const kubeClients = (registrations ?? []).filter(isKubeClient);
  const organizationUnits = kubeClients.flatMap(({ subject }, at): UnitsOf[] =>
    subject?.organizationUnit?.length
      ? [{ at, user: subject.user ?? '', units: subject.organizationUnit }]
      : [],
  );
  const remainder: Remainder = {
    ...(organizationUnits.length > 0 && { organizationUnits }),
    ...(kubeClientDriver && kubeClients.length === 0 && { driver: kubeClientDriver }),
  };
  return {
    ...(registrations && {
      registrations: registrations.map((each) => toV1beta1(each, kubeClientDriver)),
    }),
    ...(Object.keys(remainder).length > 0 && { remainder: JSON.stringify(remainder) }),
  };
};

/** The inverse of {@link registrationsToV1beta1}; a remainder that does not fit, or is no such thing, is left out. */
export const registrationsToV1alpha1 = (
  registrations: ManagedClusterAddOnRegistration[] | undefined,
  remainder: string | undefined,
): RegistrationsV1alpha1 => {
  const { organizationUnits, driver } = readRemainder(remainder);
  const ofKubeClient = registrations?.find(({ type }) => type === 'kubeClient');
  const kubeClientDriver = ofKubeClient ? ofKubeClient.kubeClient?.driver : driver;
  let kubeClients = 0;
  const withUnits = (converted: ManagedClusterAddOnRegistrationV1alpha1) => {
    if (!isKubeClient(converted)) return converted;
    const position = kubeClients++;
    const user = converted.subject?.user ?? '';
    const found = organizationUnits?.find((each) => each.at === position && each.user === user);
    return found
      ? { ...converted, subject: { ...converted.subject, organizationUnit: found.units } }
      : converted;
  };
  return {
    ...(registrations && { registrations: registrations.map((each) => withUnits(toV1alpha1(each))) }),
    ...(kubeClientDriver && { kubeClientDriver }),
  };
};

/** Users may write anything into an annotation. */
const readRemainder = (text: string | undefined): Remainder => {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return {}; // nobody but a user can have written it, and it stood for nothing
  }
  if (!isMap(value)) return {};
  const { organizationUnits, driver } = value;
  const isEntry = (entry: unknown): entry is UnitsOf =>
    isMap(entry) &&
    typeof entry['at'] === 'number' &&
    typeof entry['user'] === 'string' &&
    Array.isArray(entry['units']) &&
    entry['units'].every((unit) => typeof unit === 'string');
  return {
    ...(Array.isArray(organizationUnits) && { organizationUnits: organizationUnits.filter(isEntry) }),
    ...((driver === 'csr' || driver === 'token') && { driver }),
  };
};
