import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type ClusterIO_Message, ClusterIO_MessageSchema, ClusterProcessType, TargetBufferType } from '@openhanami/contract';
import type { Channel } from '../channel.ts';

/** Values of an input or output. */
export type Values = readonly number[] | Float32Array;

/** A direct connection to a cluster, from `cluster.switchToDirectMode`. */
export type DirectConnection = Channel;

const { TRAIN_TYPE, REQUEST_TYPE } = ClusterProcessType;
const { INPUT_BUFFER_TYPE, EXPECTED_BUFFER_TYPE } = TargetBufferType;

/**
 * Fills a buffer of a training: the values of an input, or the expected values of an output.
 * @param isLast runs one cycle with the values of the buffers, which are kept.
 * @throws BadRequest with the server's reason; the connection has ended then.
 */
export async function sendTrainInput(connection: DirectConnection, name: string, values: Values, isLast: boolean): Promise<void> {
  await connection.send(encode(name, values, isLast, TRAIN_TYPE));
}

/**
 * Fills an input of a request.
 * @param isLast runs the request; the result is the answer of its first output, else it is empty.
 * @throws BadRequest with the server's reason; the connection has ended then.
 */
export async function sendRequestInput(connection: DirectConnection, name: string, values: Values, isLast: boolean): Promise<number[]> {
  if (!isLast) {
    await connection.send(encode(name, values, false, REQUEST_TYPE));
    return [];
  }
  const [first] = await ask(connection, encode(name, values, true, REQUEST_TYPE));
  return first ? [...first.values] : [];
}

/** Trains one cycle: values of every input, and expected values of every output. */
export async function train(
  connection: DirectConnection,
  inputs: Readonly<Record<string, Values>>,
  outputs: Readonly<Record<string, Values>>,
): Promise<void> {
  const messages = [
    ...Object.entries(inputs).map(([name, values]) => ({ name, values, target: INPUT_BUFFER_TYPE })),
    ...Object.entries(outputs).map(([name, values]) => ({ name, values, target: EXPECTED_BUFFER_TYPE })),
  ];
  // The messages are sent at once; the answer to the last one confirms the cycle.
  const answers = messages.map(({ name, values, target }, i) =>
    connection.send(encode(name, values, i === messages.length - 1, TRAIN_TYPE, target)),
  );
  await Promise.all(answers);
}

/** Requests with values of every input; returns the answers by output. @throws TypeError without inputs. */
export async function request(connection: DirectConnection, inputs: Readonly<Record<string, Values>>): Promise<Record<string, number[]>> {
  const entries = Object.entries(inputs);
  const [last, ...before] = entries.reverse();
  if (!last) throw new TypeError('a request needs at least one input');
  const filled = before.map(([name, values]) => connection.send(encode(name, values, false, REQUEST_TYPE)));
  const answered = ask(connection, encode(last[0], last[1], true, REQUEST_TYPE));
  await Promise.all(filled);
  return Object.fromEntries((await answered).map(({ bufferName, values }) => [bufferName, [...values]]));
}

async function ask(connection: DirectConnection, message: Uint8Array<ArrayBuffer>): Promise<ClusterIO_Message[]> {
  const answers: ClusterIO_Message[] = [];
  await connection.sendForAll(message, (bytes) => {
    const answer = fromBinary(ClusterIO_MessageSchema, bytes);
    answers.push(answer);
    return answer.isLast;
  });
  return answers;
}

function encode(
  bufferName: string,
  values: Values,
  isLast: boolean,
  processType: ClusterProcessType,
  targetBufferType = INPUT_BUFFER_TYPE,
): Uint8Array<ArrayBuffer> {
  const fields = { bufferName, isLast, processType, targetBufferType, numberOfValues: BigInt(values.length), values: Array.from(values) };
  return toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, fields)) as Uint8Array<ArrayBuffer>;
}
