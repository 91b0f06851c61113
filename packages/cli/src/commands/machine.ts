import { machine } from '@openhanami/sdk';
import { group, leaf } from '../command.ts';
import { printTree } from '../print.ts';

export const machineCommands = group('machine', 'the machine that the server runs on', [
  leaf(
    'info',
    'sockets, cores, threads and memory',
    'machine info',
    ({ token, address, options }) => machine.systemInfo(token, address, options),
    ({ info }) => printTree(info),
  ),
  leaf(
    'threads',
    'threads of the server and where they run',
    'machine threads',
    ({ token, address, options }) => machine.threading(token, address, options),
    ({ thread_map }) => printTree(thread_map),
  ),
  leaf(
    'speed',
    'present speed of the CPU threads',
    'machine speed',
    ({ token, address, options }) => machine.speed(token, address, options),
    ({ current_speed }) => printTree(current_speed),
  ),
  leaf(
    'power',
    'power that the CPU packages take',
    'machine power',
    ({ token, address, options }) => machine.powerConsumption(token, address, options),
    ({ power }) => printTree(power),
  ),
  leaf(
    'temperature',
    'temperatures of the machine',
    'machine temperature',
    ({ token, address, options }) => machine.temperature(token, address, options),
    ({ temperature }) => printTree(temperature),
  ),
]);
