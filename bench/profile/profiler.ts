/** Asks a running Node process for CPU profiles of its threads, by the inspector's protocol. */

/** As the protocol has it: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples?: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** From 0. */
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

export interface Profiler {
  start(): Promise<void>;
  stop(): Promise<{ readonly main: CpuProfile; readonly writer: CpuProfile | null }>;
}

const INTERVAL_MICROS = 250;
const PATIENCE_MS = 60_000;
const WRITER = /\/writer\.js"/;

/** Of the process whose inspector listens there. */
export async function connectProfiler(port: number): Promise<Profiler> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    readonly webSocketDebuggerUrl: string;
  }[];
  const main = await connect(targets[0]?.webSocketDebuggerUrl ?? '');
  const writer = await writerOf(main);
  const threads = writer === null ? [main] : [main, writer];
  await Promise.all(threads.map((thread) => prepare(thread)));
  return {
    start: async () => {
      await Promise.all(threads.map((thread) => thread.ask('Profiler.start')));
    },
    stop: async () => {
      const [ofMain, ofWriter] = (await Promise.all(threads.map((thread) => thread.ask('Profiler.stop')))) as {
        readonly profile: CpuProfile;
      }[];
      if (ofMain === undefined) throw new Error('The profiler gave nothing.');
      return { main: ofMain.profile, writer: ofWriter?.profile ?? null };
    },
  };
}

interface Thread {
  ask(method: string, params?: object): Promise<unknown>;
  onEvent(listener: (method: string, params: Record<string, unknown>) => void): void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

async function prepare(thread: Thread): Promise<void> {
  await thread.ask('Profiler.enable');
  await thread.ask('Profiler.setSamplingInterval', { interval: INTERVAL_MICROS });
}

async function connect(url: string): Promise<Thread> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error(`No inspector at ${url}.`)), { once: true });
  });
  const { thread, take } = createThread((text) => socket.send(text));
  socket.addEventListener('message', ({ data }) => take(String(data)));
  return thread;
}

/** Messages to a thread travel inside messages to the main thread. Others, such as those for passwords, come and go. */
async function writerOf(main: Thread): Promise<Thread | null> {
  const found = new Map<string, ReturnType<typeof createThread>>();
  main.onEvent((method, params) => {
    const sessionId = String(params.sessionId);
    if (method === 'NodeWorker.attachedToWorker' && WRITER.test(JSON.stringify(params.workerInfo)))
      found.set(
        sessionId,
        createThread((message) => void main.ask('NodeWorker.sendMessageToWorker', { sessionId, message })),
      );
    if (method === 'NodeWorker.receivedMessageFromWorker') found.get(sessionId)?.take(String(params.message));
  });
  await main.ask('NodeWorker.enable', { waitForDebuggerOnStart: false });
  return [...found.values()][0]?.thread ?? null;
}

function createThread(send: (text: string) => void): { readonly thread: Thread; readonly take: (text: string) => void } {
  const pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const listeners: ((method: string, params: Record<string, unknown>) => void)[] = [];
  let nextId = 1;
  const thread: Thread = {
    ask: (method, params = {}) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        const timer = setTimeout(() => reject(new Error(`No answer to ${method}.`)), PATIENCE_MS);
        pending.set(id, {
          resolve: (result) => {
            clearTimeout(timer);
            resolve(result);
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        });
        send(JSON.stringify({ id, method, params }));
      }),
    onEvent: (listener) => void listeners.push(listener),
  };
  const take = (text: string): void => {
    const { id, method, params = {}, result, error } = JSON.parse(text) as Message;
    if (id === undefined) {
      for (const listener of listeners) listener(method ?? '', params);
      return;
    }
    const asked = pending.get(id);
    pending.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(error.message));
  };
  return { thread, take };
}
