// Lines to copy that send a first value to this very node. Pure; a test takes them from the page and runs them.
export type Steps = { curl: string; mosquitto: string; pythonHttp: string; pythonMqtt: string; telegraf: string; files: string };
type Address = { host: string; port: number };

// Where a client finds the node's MQTT: at the address it listens on, or, when that is all of them, where its pages are.
export function mqttOf(listening: Address, pageHost: string): Address {
  const everywhere = listening.host === '0.0.0.0' || listening.host === '::';
  return everywhere ? { ...listening, host: pageHost.replace(/^\[(.*)\]$/, '$1') } : listening;
}

export function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}

export function stepsOf(origin: string, mqtt: Address): Steps {
  return {
    curl: `curl --data-binary 'press,line=2 force=3.1,count=7i' ${origin}/write`,
    mosquitto: `mosquitto_pub -h ${mqtt.host} -p ${mqtt.port} -q 1 \\
  -t acme/press7 -m '{"force": 3.1, "count": 7}'`,
    pythonHttp: `import time
from urllib.request import urlopen

line = f"press,line=3 force=3.1,count=7i {time.time_ns()}"
# Returns when it is on the disk.
urlopen("${origin}/write", line.encode())
`,
    pythonMqtt: `# pip install paho-mqtt
import json
import paho.mqtt.publish as publish

publish.single("acme/press8", json.dumps({"force": 3.1, "count": 7}), qos=1,
               hostname="${mqtt.host}", port=${mqtt.port})
`,
    telegraf: `[agent]
  interval = "10s"

[[inputs.cpu]]
[[inputs.mem]]

[[outputs.influxdb_v2]]
  urls = ["${origin}"]
  organization = "artery"  # any
  bucket = "artery"  # any
`,
    files: `artery replay --to ${origin} FOLDER`,
  };
}
