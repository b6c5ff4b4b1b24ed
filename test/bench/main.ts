import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demandLabDown, labDown } from '../../lab/lab.ts';
import { createKha, freshHosts, writeClusterFile } from '../lab/kha.ts';
import { measureGrowth } from './growth.ts';
import { measureInit } from './init.ts';
import { measureKills } from './kills.ts';
import { round } from './numbers.ts';
import { type Options, readOptions, usage } from './options.ts';
import { measureRerun } from './rerun.ts';
import { measureReruns } from './reruns.ts';
import { measureHelp } from './start-times.ts';

// Figures of this machine in this run; ratios travel, milliseconds do not.

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const file = join(fileURLToPath(new URL('../..', import.meta.url)), 'reports/bench.json');
const report: Record<string, unknown> = {};

/** Written after each part: what comes later may fail. Other parts of an earlier bench stay. */
function keep(figures: Record<string, unknown>): void {
  Object.assign(report, figures);
  mkdirSync(join(file, '..'), { recursive: true });
  let earlier: Record<string, unknown> = {};
  try {
    earlier = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    // there was none
  }
  writeFileSync(file, `${JSON.stringify({ ...earlier, ...report }, null, 2)}\n`);
}

function options(): Options {
  try {
    const read = readOptions(process.argv.slice(2));
    if (read !== 'help') return read;
    process.stdout.write(usage);
    return process.exit(0);
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return process.exit(2);
  }
}

const { parts, reruns, kills } = options();

/** What needs the cluster of five. */
async function measureFive(): Promise<void> {
  const hosts = await freshHosts(5);
  const kha = await createKha();
  try {
    const clusterFile = writeClusterFile(kha, { hosts, masters: 3, workers: 2 });
    await kha.serve();
    say('init-cluster of 3 masters and 2 workers');
    const init = await measureInit(kha, clusterFile);
    if (parts.includes('init')) keep({ init });
    if (parts.includes('rerun')) {
      say('again, on the converged cluster');
      keep({ again: await measureRerun(kha) });
    }
    if (parts.includes('reruns')) keep({ reruns: await measureReruns(kha, reruns, say) });
  } finally {
    await kha.close();
    await labDown();
  }
}

demandLabDown();
keep({ machine: { cpus: cpus().length, memoryMiB: round(totalmem() / 2 ** 20), node: process.version } });
if (parts.includes('help')) keep({ help: measureHelp() });
if (parts.some((part) => ['init', 'rerun', 'reruns'].includes(part))) await measureFive();
if (parts.includes('kills')) keep({ kills: await measureKills(kills, say) });
if (parts.includes('growth')) keep({ growth: await measureGrowth(say) });
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
say('written to reports/bench.json');
