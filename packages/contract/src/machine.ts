import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { noInput } from './fields.ts';

/** Measured values; if there are none, `available` is false and `reason` says why. */
const reading = z.record(z.string(), z.unknown());
export type MachineReading = z.infer<typeof reading>;

const look = <Path extends string, Output extends z.ZodObject>(path: Path, summary: string, output: Output) =>
  endpoint({ method: 'GET', path, summary, input: noInput, output, errors: [] });

export const getSystemInfo = look('/system_info', 'Sockets, cores, threads and memory of the machine', z.object({ info: reading }));
export const getThreading = look('/threading', 'Threads of the server and where they run', z.object({ thread_map: reading }));
export const getSpeed = look('/speed', 'Present speed of the CPU threads in MHz', z.object({ current_speed: reading }));
export const getPower = look('/power_consumption', 'Power that the CPU packages take, in watts', z.object({ power: reading }));
export const getTemperature = look(
  '/temperature_production',
  'Temperatures of the machine in degrees Celsius',
  z.object({ temperature: reading }),
);
