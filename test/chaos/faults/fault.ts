import type { LabHost } from '../../../lab/lab.ts';
import type { Kha } from '../../lab/kha.ts';
import type { Random } from '../random.ts';
import type { Scenario } from '../scenario.ts';

/** What a fault may break, and where it writes down what it did. */
export interface Scene {
  scenario: Scenario;
  kha: Kha;
  /** Masters first. */
  hosts: LabHost[];
  /** One who has a disk of its own, where the scenario fills it. */
  diskHost?: LabHost;
  random: Random;
  /** What was done, for the report. */
  say: (line: string) => void;
  /** Waits; less long where the operation has ended meanwhile. */
  pause: (ms: number) => Promise<void>;
  /** Only one fault at a time kills and starts processes of kha. */
  alone: <T>(what: () => Promise<T>) => Promise<T>;
  /** How often a host may have been restarted, by name. */
  resets: Map<string, number>;
}

export interface FaultKind {
  name: string;
  weight: number;
  /** At most once a run. */
  once?: boolean;
  /** How often it comes before the operation, as a part of 1. */
  before?: number;
  /** What it may do to commands that run: a command that was hit may fail, and be run once more. */
  spares: 'all commands' | 'no command';
  /** Breaks something and mends it again. Returns when it is mended. */
  strike: (scene: Scene) => Promise<void>;
}
