import { stringify, type TomlTable } from 'smol-toml';

/** TOML of a table, keys in the order given (containerd tries the hosts of a registry in that order). */
export const toToml = (table: TomlTable): string => `${stringify(table).trimEnd()}\n`;
