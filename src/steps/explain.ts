import { type Command, sh, shJoin } from '../formats/sh.ts';

/** Prints why a container that kubelet should run does not serve: its state, its last words, kubelet's last words. */
export const explainContainer = (name: string): Command =>
  shJoin([
    sh`echo ${`containers named ${name}:`}; crictl ps -a --name ${`^${name}$`} 2>&1 | head -n 5`,
    sh`c=$(crictl ps -a -q --name ${`^${name}$`} 2>/dev/null | head -n 1); [ -z "$c" ] || { echo ${`last lines of ${name}:`}; crictl logs --tail 10 "$c" 2>&1; }`,
    sh`echo 'last lines of kubelet:'; journalctl -u kubelet -n 10 --no-pager -o cat 2>&1`,
  ]);
