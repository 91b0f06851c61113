// Direct connections, on the thread that owns the cluster: each message fills a buffer, the last one of a cycle runs it.
import { create, toBinary } from '@bufbuild/protobuf';
import { ClusterIO_MessageSchema, ClusterProcessType, TargetBufferType } from '@openhanami/contract';
import { type Answers, type Cluster, EngineError, type Rows } from '@openhanami/engine';
import { type ClusterIo, readClusterIo } from './cluster-io.ts';
import type { DirectAnswer, Refusals } from './protocol.ts';

const INVALID_PAYLOAD = 1007;
const POLICY_VIOLATION = 1008;

/** Thrown for a message that closes its connection. */
class DirectFault extends Error {
  override name = 'DirectFault';

  constructor(
    readonly code: typeof INVALID_PAYLOAD | typeof POLICY_VIOLATION,
    message: string,
  ) {
    super(message);
  }
}

const encode = (fields: Parameters<typeof create<typeof ClusterIO_MessageSchema>>[1]): Uint8Array =>
  toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, fields));

const ACKNOWLEDGED = encode({ processType: ClusterProcessType.TRAIN_TYPE, numberOfValues: 1n, values: [0] });
const TRAINED = encode({ isLast: true, processType: ClusterProcessType.TRAIN_TYPE, numberOfValues: 1n, values: [0] });

/** The buffers of one connection; they keep their values from cycle to cycle. */
export class DirectConnection {
  private readonly inputs = new Map<string, Float32Array>();
  private readonly expected = new Map<string, Float32Array>();

  /** Processes a message. Errors of the client become an answer that closes the connection. */
  receive(cluster: Cluster, bytes: Uint8Array, refusals: Refusals): DirectAnswer {
    try {
      const message = decode(bytes);
      const training = message.processType === ClusterProcessType.TRAIN_TYPE;
      const refused = training ? refusals.train : refusals.request;
      if (refused !== undefined) throw new DirectFault(POLICY_VIOLATION, refused);
      this.fill(cluster, message, training);
      if (!message.isLast) return { answers: [ACKNOWLEDGED] };
      if (training) {
        cluster.train(rowsOf(this.inputs), rowsOf(this.expected));
        return { answers: [TRAINED], cycle: 'train' };
      }
      const answers = Object.entries(cluster.request(rowsOf(this.inputs)));
      return { answers: answers.map(([name, values], i) => encodeAnswer(name, values, i === answers.length - 1)), cycle: 'request' };
    } catch (error) {
      if (error instanceof DirectFault) return { fault: error.message, code: error.code };
      if (error instanceof EngineError) return { fault: error.message, code: POLICY_VIOLATION, damaged: error.fatal };
      throw error;
    }
  }

  /** Stores the values of a message in its buffer. In training, the type matters only for a name that is both an input and an output. */
  private fill(cluster: Cluster, { bufferName, targetBufferType, values }: ClusterIo, training: boolean): void {
    const input = cluster.inputs.find(({ name }) => name === bufferName);
    const output = cluster.outputs.find(({ name }) => name === bufferName);
    const wantsOutput =
      training && output !== undefined && (input === undefined || targetBufferType !== TargetBufferType.INPUT_BUFFER_TYPE);
    const terminal = wantsOutput ? output : input;
    if (!terminal) throw new DirectFault(POLICY_VIOLATION, unknownBuffer(cluster, bufferName, training));
    const mayGrow = training && values.length > terminal.width;
    if (terminal.width > 0 && values.length !== terminal.width && !mayGrow) {
      throw new DirectFault(POLICY_VIOLATION, `'${bufferName}' has ${terminal.width} values, but ${values.length} came`);
    }
    (wantsOutput ? this.expected : this.inputs).set(bufferName, values);
  }
}

function decode(bytes: Uint8Array): ClusterIo {
  let message: ClusterIo;
  try {
    message = readClusterIo(bytes);
  } catch {
    throw new DirectFault(INVALID_PAYLOAD, 'the message is no ClusterIO_Message');
  }
  const { processType, numberOfValues, values } = message;
  if (ClusterProcessType[processType] === undefined) throw new DirectFault(INVALID_PAYLOAD, `there is no processType ${processType}`);
  if (numberOfValues !== BigInt(values.length)) {
    throw new DirectFault(INVALID_PAYLOAD, `numberOfValues is ${numberOfValues}, but ${values.length} values came`);
  }
  if (values.length === 0) throw new DirectFault(INVALID_PAYLOAD, 'a message must bring values');
  return message;
}

function unknownBuffer(cluster: Cluster, name: string, training: boolean): string {
  const known = training ? [...cluster.inputs, ...cluster.outputs] : cluster.inputs;
  const kind = training ? 'input or output' : 'input';
  return `the cluster has no ${kind} '${name}'; it has ${known.map((terminal) => `'${terminal.name}'`).join(', ')}`;
}

function rowsOf(buffers: ReadonlyMap<string, Float32Array>): Record<string, Rows> {
  return Object.fromEntries(Array.from(buffers, ([name, data]) => [name, { data, width: data.length }]));
}

function encodeAnswer(bufferName: string, values: Answers, isLast: boolean): Uint8Array {
  return encode({
    bufferName,
    isLast,
    processType: ClusterProcessType.REQUEST_TYPE,
    targetBufferType: TargetBufferType.OUTPUT_BUFFER_TYPE,
    numberOfValues: BigInt(values.length),
    values: Array.from(values),
  });
}
