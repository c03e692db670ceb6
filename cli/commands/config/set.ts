import type { Command } from 'commander';
import { type Property, parseProperty, setProperty } from '../../config/property.ts';
import {
  changeConfig,
  type ConfigFile,
  type ConfigFiles,
  fileOf,
  fileOfCurrent,
  targetOf,
} from '../../config/files.ts';
import type { CommandContext } from '../../context.ts';
import { bool } from '../../flags/flags.ts';

interface SetFlags {
  setRawBytes: boolean;
}

export const define = (command: Command): void => {
  bool(command, '--set-raw-bytes', 'encode the value of a field that holds base64');
};

/** `clusteradm config set PROPERTY VALUE` (cli.md 17). */
export const run = async (
  context: CommandContext,
  { setRawBytes }: SetFlags,
  [property, value]: string[],
): Promise<void> => {
  if (!property || value === undefined) throw new Error('the property and its value must be specified');
  changeConfig(context, (config) => {
    const { path, root } = holderOf(config, parseProperty(property));
    return [{ path, root: setProperty(root, property, value, setRawBytes) }];
  });
  context.output.print(`Property "${property}" set.\n`);
};

const holderOf = (config: ConfigFiles, property: Property): ConfigFile => {
  if (property.kind === undefined) return fileOfCurrent(config);
  return property.name === undefined ? targetOf(config) : fileOf(config, property.kind, property.name);
};
