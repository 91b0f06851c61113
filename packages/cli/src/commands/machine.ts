import { group, leaf } from '../command.ts';
import { printTree } from '../print.ts';

export const machineCommands = group('machine', 'the machine that the server runs on', [
  leaf(
    'info',
    'sockets, cores, threads and memory',
    'machine info',
    ({ api }) => api.getSystemInfo(),
    ({ info }) => printTree(info),
  ),
  leaf(
    'threads',
    'threads of the server and where they run',
    'machine threads',
    ({ api }) => api.getThreading(),
    ({ thread_map }) => printTree(thread_map),
  ),
  leaf(
    'speed',
    'present speed of the CPU threads',
    'machine speed',
    ({ api }) => api.getSpeed(),
    ({ current_speed }) => printTree(current_speed),
  ),
  leaf(
    'power',
    'power that the CPU packages take',
    'machine power',
    ({ api }) => api.getPower(),
    ({ power }) => printTree(power),
  ),
  leaf(
    'temperature',
    'temperatures of the machine',
    'machine temperature',
    ({ api }) => api.getTemperature(),
    ({ temperature }) => printTree(temperature),
  ),
]);
