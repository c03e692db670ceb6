import { describe, expect, test } from '@jest/globals';
import { type FlagSpec, type FlagSpecs, UsageError } from '../command.ts';
import { controllerFlags, leaderElectionFlags, logFlags } from './common-flags.ts';
import { parseFlags } from './flags.ts';
import { flagUsage } from './usage.ts';

const specs = {
  name: { type: 'string', default: 'csr', help: 'a name' },
  quiet: { type: 'bool', help: 'be quiet' },
  loud: { type: 'bool', default: true, help: 'be loud' },
  size: { type: 'int', default: 50, help: 'how many' },
  wait: { type: 'duration', default: 137_000, help: 'how long' },
  file: { type: 'strings', default: ['/default'], help: 'files' },
  driver: { type: 'list', default: ['csr'], help: 'drivers' },
  tag: { type: 'map', help: 'tags' },
  'feature-gates': { type: 'gates', gates: { Alpha: false, Beta: true }, help: 'gates.' },
  'spoke-cluster-name': { type: 'string', aliases: ['cluster-name'], help: 'cluster' },
  v: { type: 'int', help: 'level' },
  help: { type: 'bool', aliases: ['h'], help: 'help' },
  old: { type: 'bool', deprecated: 'it has no effect', help: 'old' },
} as const satisfies FlagSpecs;

const parse = (...args: string[]) => parseFlags(specs, args);

describe('values', () => {
  test.each<[string[], keyof typeof specs, unknown]>([
    [[], 'name', 'csr'],
    [['--name=a'], 'name', 'a'],
    [['--name', 'a'], 'name', 'a'],
    [['--name', '--quiet'], 'name', '--quiet'],
    [['--name='], 'name', ''],
    [['--name=a=b'], 'name', 'a=b'],
    [['--name=a', '--name=b'], 'name', 'b'],
    [['--quiet'], 'quiet', true],
    [['--quiet=false'], 'quiet', false],
    [['--quiet', 'false'], 'quiet', true],
    [['--loud=F'], 'loud', false],
    [['--quiet=1'], 'quiet', true],
    [['--size=-7'], 'size', -7],
    [['--size', '0x10'], 'size', 16],
    [['--size=010'], 'size', 8],
    [['--size=0b11'], 'size', 3],
    [['--size=1_000'], 'size', 1000],
    [['--size=+5'], 'size', 5],
    [['--wait=1h30m'], 'wait', 5_400_000],
    [['--wait=1.5s'], 'wait', 1500],
    [['--wait=0'], 'wait', 0],
    [[], 'file', ['/default']],
    [['--file=/a,b', '--file=/c'], 'file', ['/a,b', '/c']],
    [['--driver=a,b', '--driver', 'c'], 'driver', ['a', 'b', 'c']],
    [['--driver='], 'driver', []],
    [['--driver="a,b",c'], 'driver', ['a,b', 'c']],
    [['--driver="say ""hi""",x'], 'driver', ['say "hi"', 'x']],
    [['--driver=a,,b'], 'driver', ['a', '', 'b']],
    [[], 'tag', {}],
    [['--tag=a=1,b=2', '--tag=c=3'], 'tag', { a: '1', b: '2', c: '3' }],
    [['--tag=a=1,2'], 'tag', { a: '1,2' }],
    [['--tag="a=x,y",b=2'], 'tag', { a: 'x,y', b: '2' }],
    [['--tag=a='], 'tag', { a: '' }],
    [[], 'feature-gates', { Alpha: false, Beta: true }],
    [['--feature-gates=Alpha=true'], 'feature-gates', { Alpha: true, Beta: true }],
    [['--feature-gates=Alpha=true,Beta=false'], 'feature-gates', { Alpha: true, Beta: false }],
    [['--feature-gates=Alpha=true', '--feature-gates=Beta=0'], 'feature-gates', { Alpha: true, Beta: false }],
    [['--feature_gates=Alpha=1'], 'feature-gates', { Alpha: true, Beta: true }],
    [['--cluster-name=c1'], 'spoke-cluster-name', 'c1'],
    [['--spoke_cluster_name', 'c1'], 'spoke-cluster-name', 'c1'],
    [['--cluster-name=a', '--spoke-cluster-name=b'], 'spoke-cluster-name', 'b'],
    [['-v=4'], 'v', 4],
    [['-v', '4'], 'v', 4],
    [['-v4'], 'v', 4],
    [['--v=4'], 'v', 4],
    [['-h'], 'help', true],
    [['-hv2'], 'v', 2],
  ])('%j', (args, name, value) => {
    expect(parse(...args).flags[name]).toEqual(value);
  });

  test('arguments and flags mix, and -- ends the flags', () => {
    const { positional, flags } = parse('one', '--quiet', 'two', '-', '--', '--name=x');
    expect(positional).toEqual(['one', 'two', '-', '--name=x']);
    expect(flags.name).toBe('csr');
  });

  test('what was given is known, by the declared name', () => {
    expect([...parse('--cluster-name=a', '--quiet').given]).toEqual(['spoke-cluster-name', 'quiet']);
  });

  test('a deprecated flag works and warns', () => {
    const { flags, warnings } = parse('--old');
    expect(flags.old).toBe(true);
    expect(warnings).toEqual(['Flag --old has been deprecated, it has no effect']);
  });

  test('values of one parse do not leak into the next through a default', () => {
    parse('--driver=x').flags.driver.push('y');
    parse().flags.driver.push('z');
    expect(parse().flags.driver).toEqual(['csr']);
  });
});

describe('errors, with the wording of pflag', () => {
  test.each([
    [['--x'], 'unknown flag: --x'],
    [['--x=1'], 'unknown flag: --x'],
    [['--toString'], 'unknown flag: --toString'],
    [['-x'], "unknown shorthand flag: 'x' in -x"],
    [['-hx'], "unknown shorthand flag: 'x' in -hx"],
    [['--name'], 'flag needs an argument: --name'],
    [['-v'], "flag needs an argument: 'v' in -v"],
    [['--=1'], 'bad flag syntax: --=1'],
    [['---name'], 'bad flag syntax: ---name'],
    [
      ['--size=ten'],
      'invalid argument "ten" for "--size" flag: strconv.ParseInt: parsing "ten": invalid syntax',
    ],
    [
      ['--size=1.5'],
      'invalid argument "1.5" for "--size" flag: strconv.ParseInt: parsing "1.5": invalid syntax',
    ],
    [
      ['--size=09'],
      'invalid argument "09" for "--size" flag: strconv.ParseInt: parsing "09": invalid syntax',
    ],
    [['--size='], 'invalid argument "" for "--size" flag: strconv.ParseInt: parsing "": invalid syntax'],
    [
      ['--size=99999999999999999999'],
      'invalid argument "99999999999999999999" for "--size" flag: strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
    [
      ['--quiet=yes'],
      'invalid argument "yes" for "--quiet" flag: strconv.ParseBool: parsing "yes": invalid syntax',
    ],
    [['--wait=5'], 'invalid argument "5" for "--wait" flag: time: missing unit in duration "5"'],
    [['--wait=5x'], 'invalid argument "5x" for "--wait" flag: time: invalid duration "5x"'],
    [['--tag=a'], 'invalid argument "a" for "--tag" flag: a must be formatted as key=value'],
    [
      ['--feature-gates=Gamma=true'],
      'invalid argument "Gamma=true" for "--feature-gates" flag: unrecognized feature gate: Gamma',
    ],
    [
      ['--feature-gates=Alpha'],
      'invalid argument "Alpha" for "--feature-gates" flag: missing bool value for Alpha',
    ],
    [
      ['--feature-gates=Alpha=x'],
      'invalid argument "Alpha=x" for "--feature-gates" flag: invalid value of Alpha=x, err: strconv.ParseBool: parsing "x": invalid syntax',
    ],
    [['-v=x'], 'invalid argument "x" for "-v, --v" flag: strconv.ParseInt: parsing "x": invalid syntax'],
  ])('%j', (args, message) => {
    expect(() => parse(...args)).toThrow(new UsageError(message));
  });

  test('a bare quote in a list', () => {
    expect(() => parse('--driver=a"b')).toThrow(/parse error on line 1/);
  });
});

test('two flags of one name are a slip in the program', () => {
  expect(() =>
    parseFlags({ a: { type: 'bool', help: '' }, b: { type: 'bool', aliases: ['a'], help: '' } }, []),
  ).toThrow('two flags are called --a');
});

test('the default of a duration is milliseconds: the types refuse a string', () => {
  const slip = { type: 'duration', default: '10s', help: '' } as const;
  // @ts-expect-error A string would be used as a number of milliseconds.
  const refused: FlagSpec = slip;
  const spec: FlagSpec = { type: 'duration', default: 10_000, help: refused.help };
  expect(parseFlags({ wait: spec }, []).flags.wait).toBe(10_000);
});

describe('flagUsage', () => {
  test('is laid out as by cobra', () => {
    expect(flagUsage(specs)).toBe(
      `      --driver strings                drivers (default [csr])
      --feature-gates mapStringBool   gates. Options are:
                                      Alpha=true|false (default=false)
                                      Beta=true|false (default=true)
      --file stringArray              files (default [/default])
  -h, --help                          help
      --loud                          be loud (default true)
      --name string                   a name (default "csr")
      --old                           old (DEPRECATED: it has no effect)
      --quiet                         be quiet
      --size int                      how many (default 50)
      --spoke-cluster-name string     cluster (also --cluster-name)
      --tag stringToString            tags
  -v, --v int                         level
      --wait duration                 how long (default 2m17s)
`,
    );
  });

  test('leaves out what is hidden', () => {
    expect(
      flagUsage({ aa: { type: 'bool', help: 'A' }, bb: { type: 'bool', help: 'B', hidden: true } }),
    ).toBe('      --aa   A\n');
  });
});

describe('common flags', () => {
  const common = { ...logFlags, ...controllerFlags, ...leaderElectionFlags };

  test('operator.md 1.2: names and defaults', () => {
    expect(parseFlags(common, []).flags).toMatchObject({
      config: '',
      kubeconfig: '',
      namespace: '',
      listen: '',
      'terminate-on-files': [],
      'kube-api-qps': 50,
      'kube-api-burst': 100,
      'tls-min-version': '',
      'tls-cipher-suites': [],
      'disable-leader-election': false,
      'leader-election-lease-duration': 137_000,
      'leader-election-renew-deadline': 107_000,
      'leader-election-retry-period': 26_000,
    });
  });

  test('operator.md 1.1: the flags of klog are accepted', () => {
    const args = [
      '--v=2',
      '--vmodule=a=1',
      '--logtostderr',
      '--alsologtostderr=true',
      '--stderrthreshold=INFO',
      '--log_file=/x',
      '--log_dir=/',
      '--skip_headers',
    ];
    expect(parseFlags(common, args).flags.v).toBe(2);
  });
});
