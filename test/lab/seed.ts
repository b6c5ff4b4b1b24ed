/** Of what is random in this run; `KHA_SEED=N` plays one again. */
export const seed = Number(process.env['KHA_SEED'] ?? Math.floor(Date.now() / 1000));
