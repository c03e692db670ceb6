import type {
  AddOnTemplateSpec,
  ManagedClusterAddOn,
  ManagedClusterAddOnRegistration,
} from '../../api/generated/addon.ts';
import { authType } from '../../api/names.ts';
import {
  type Applicant,
  type Credential,
  defaultSubject,
  kubeCredential,
} from '../../addon-framework/registration/approval.ts';
import type { Subject } from '../../runtime/pki/subject.ts';

/** How the agent of a template add-on identifies itself to the hub (addon.md 6.5). */

/** The name under which the agent of a template add-on is known. */
export const agentNameOf = (addon: string): string => `${addon}-agent`;

type TemplateRegistration = NonNullable<AddOnTemplateSpec['registration']>[number];

const customSubject = ({ customSigner }: TemplateRegistration, applicant: Applicant): Subject => {
  const given = customSigner?.subject;
  const usual = defaultSubject(applicant, agentNameOf(applicant.addon));
  if (!given) return usual;
  return {
    commonName: given.user || usual.commonName,
    organizations: given.groups ?? [],
    organizationalUnits: given.organizationUnit ?? [],
  };
};

/** The certificates that the agent may have. */
export const credentialsOf = ({ registration = [] }: AddOnTemplateSpec, applicant: Applicant): Credential[] =>
  registration.flatMap((entry) => {
    if (entry.type === 'KubeClient') return kubeCredential(applicant, agentNameOf(applicant.addon));
    const signerName = entry.customSigner?.signerName;
    return signerName ? { signerName, subject: customSubject(entry, applicant) } : [];
  });

const subjectFields = ({ commonName, organizations }: Subject) => ({
  user: commonName,
  ...(organizations.length > 0 && { groups: organizations }),
});

/** A kubeClient entry; the agent decides how it gets its credential, and with tokens who it is (addon.md 7.1). */
const kubeClientEntry = (
  subject: Subject,
  recorded: ManagedClusterAddOnRegistration | undefined,
): ManagedClusterAddOnRegistration => {
  const { driver, subject: own } = recorded?.kubeClient ?? {};
  const shown = driver === authType.token ? own : subjectFields(subject);
  return { type: 'kubeClient', kubeClient: { ...(driver && { driver }), ...(shown && { subject: shown }) } };
};

/**
 * What the status of the add-on says of its registrations, with what its agent recorded there: kubeClient entries pair in
 * their order (addon.md 7.1). Undefined when the template says nothing of registration.
 */
export const registrationsFor = (
  template: AddOnTemplateSpec,
  { metadata, status }: ManagedClusterAddOn,
): ManagedClusterAddOnRegistration[] | undefined => {
  if (template.registration === undefined) return undefined;
  const applicant = { addon: metadata.name, cluster: metadata.namespace ?? '' };
  const recorded = (status?.registrations ?? []).filter(({ type }) => type === 'kubeClient');
  return template.registration.flatMap((entry): ManagedClusterAddOnRegistration[] => {
    if (entry.type === 'KubeClient') {
      const { subject } = kubeCredential(applicant, agentNameOf(applicant.addon));
      return [kubeClientEntry(subject, recorded.shift())];
    }
    const signerName = entry.customSigner?.signerName;
    if (!signerName) return [];
    const subject = customSubject(entry, applicant);
    const { organizationalUnits = [] } = subject;
    return [
      {
        type: 'customSigner',
        customSigner: {
          signerName,
          subject: {
            ...subjectFields(subject),
            ...(organizationalUnits.length > 0 && { organizationUnits: organizationalUnits }),
          },
        },
      },
    ];
  });
};
