/** A compose file of `deploy/`, as far as the tests look at it. */
import { readFileSync } from 'node:fs';
import { parseYaml } from './yaml-file.ts';

export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly expose?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly secrets?: readonly string[];
  readonly profiles?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly deploy?: { readonly replicas?: number };
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes?: Readonly<Record<string, null>>;
  readonly secrets?: Readonly<Record<string, { readonly environment: string }>>;
}

export const COMPOSE_NAMES = [
  'docker-compose.yml',
  'docker-compose.openalgo.yml',
  'docker-compose.proxies.yml',
] as const;

/** @param name of a file in `deploy/` */
export function composeFile(name: (typeof COMPOSE_NAMES)[number]): ComposeFile {
  return parseYaml(readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8'));
}

/** @throws Error for a service that is not in the file */
export function composeService(file: ComposeFile, name: string): ComposeService {
  const service = file.services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service;
}
