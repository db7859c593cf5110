import { expect, test } from 'vitest';
import { isLoopback, mqttOf, stepsOf } from './steps';

test('MQTT is where the node listens, and where its pages are when it listens everywhere', () => {
  expect(mqttOf({ host: '127.0.0.1', port: 21883 }, 'edge7')).toEqual({ host: '127.0.0.1', port: 21883 });
  expect(mqttOf({ host: '0.0.0.0', port: 1883 }, 'edge7')).toEqual({ host: 'edge7', port: 1883 });
  expect(mqttOf({ host: '::', port: 1883 }, '[fd00::7]')).toEqual({ host: 'fd00::7', port: 1883 });
});

test('every step names this node', () => {
  const steps = stepsOf('http://127.0.0.1:18080', { host: '127.0.0.1', port: 21883 });
  for (const text of [steps.curl, steps.pythonHttp, steps.telegraf]) expect(text).toContain('http://127.0.0.1:18080');
  expect(steps.mosquitto).toContain('-p 21883 ');
  expect(steps.pythonMqtt).toContain('port=21883');
});

test('loopback is this machine alone', () => {
  expect(['::1', '127.0.0.1', '127.9.9.9', '10.0.0.1', '::'].map(isLoopback)).toEqual([true, true, true, false, false]);
});
