// The node's HTTP API, typed by docs/api/openapi.json: schema.d.ts is made from it at build.
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type Asset = Schemas['Asset'];
export type Signal = Schemas['Signal'];
export type Value = Schemas['Value'];

// Paths that answer a GET with JSON.
type GetPath = {
  [P in keyof paths]: paths[P] extends { get: { responses: { 200: { content: { 'application/json': unknown } } } } }
    ? P
    : never;
}[keyof paths];
type Operation<P extends GetPath> = NonNullable<paths[P]['get']>;
export type Answer<P extends GetPath> =
  Operation<P> extends { responses: { 200: { content: { 'application/json': infer A } } } } ? A : never;
type Part<P extends GetPath, K extends 'query' | 'path'> =
  Operation<P> extends { parameters: { [_ in K]?: infer V } } ? NonNullable<V> : never;
export type Options<P extends GetPath> = {
  query?: Part<P, 'query'>;
  path?: Part<P, 'path'>;
  signal?: AbortSignal;
};

// What went wrong, as the node says it; `status` is 0 where no answer came.
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail || title);
    this.name = 'ApiError';
  }
}

// A name in a path: its slashes stand as they are.
export function encodeName(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

export function addressOf(path: string, parts: Record<string, unknown> = {}, query: Record<string, unknown> = {}) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeName(String(parts[name] ?? '')));
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) words.append(name, String(one));
  }
  return words.size > 0 ? `${filled}?${words}` : filled;
}

// Throws ApiError, or what the signal was aborted with.
export async function get<P extends GetPath>(path: P, options: Options<P> = {}): Promise<Answer<P>> {
  const address = addressOf(path, options.path as Record<string, unknown>, options.query as Record<string, unknown>);
  const response = await request(address, options.signal ? { signal: options.signal } : {});
  return (await response.json()) as Answer<P>;
}

type Described = {
  assets: { is: Asset; patch: Schemas['AssetPatch'] };
  signals: { is: Signal; patch: Schemas['SignalPatch'] };
};

// Changes what the catalogue knows of an asset or a signal; what is not named stays. Returns it as it is then, on the disk.
export async function change<K extends keyof Described>(kind: K, name: string, patch: Described[K]['patch']): Promise<Described[K]['is']> {
  const init = { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(patch) };
  return (await (await request(`/api/v1/${kind}/${encodeName(name)}`, init)).json()) as Described[K]['is'];
}

// Any request to the node; throws ApiError where the answer is no success.
export async function request(address: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, 'unreachable', '');
  }
  if (response.ok) return response;
  const text = await response.text();
  try {
    const problem = JSON.parse(text) as Partial<Schemas['Problem']>;
    throw new ApiError(response.status, problem.title ?? response.statusText, problem.detail ?? '');
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError(response.status, response.statusText, text.slice(0, 200));
  }
}
