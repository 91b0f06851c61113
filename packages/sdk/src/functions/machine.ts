import { getPower, getSpeed, getSystemInfo, getTemperature, getThreading, type OutputOf } from '@openhanami/contract';
import { type CallOptions, call } from '../call.ts';
import type { Token } from '../credentials.ts';

type Look<E extends typeof getSystemInfo | typeof getThreading | typeof getSpeed | typeof getPower | typeof getTemperature> = (
  token: Token,
  address: string,
  options?: CallOptions,
) => Promise<OutputOf<E>>;

/** Sockets, cores, threads and memory of the machine. */
export const systemInfo: Look<typeof getSystemInfo> = (token, address, options) => call(getSystemInfo, token, address, {}, options);

/** Threads of the server and where they run. */
export const threading: Look<typeof getThreading> = (token, address, options) => call(getThreading, token, address, {}, options);

/** Present speed of the CPU threads. */
export const speed: Look<typeof getSpeed> = (token, address, options) => call(getSpeed, token, address, {}, options);

/** Power that the CPU packages take. */
export const powerConsumption: Look<typeof getPower> = (token, address, options) => call(getPower, token, address, {}, options);

/** Temperatures of the machine. */
export const temperature: Look<typeof getTemperature> = (token, address, options) => call(getTemperature, token, address, {}, options);
