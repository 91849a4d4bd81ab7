const $ = (id) => document.getElementById(id);
$("scriptless").remove();

// Figures: Server-Sent Events.
const two = (number) => String(Math.floor(number)).padStart(2, "0");

function duration(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)} min`;
  return `${Math.floor(seconds / 3600)}:${two((seconds % 3600) / 60)} h`;
}

const clock = new EventSource("/clock");
clock.onmessage = ({ data }) => {
  const { time, uptime, requests, connections } = JSON.parse(data);
  $("live").hidden = false;
  $("uptime").textContent = duration(uptime);
  $("time").textContent = time.slice(11, 19);
  $("requests").textContent = requests;
  $("connections").textContent = connections;
};
addEventListener("pagehide", () => clock.close());

// Upload: only XMLHttpRequest tells how far it got.
const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

$("upload").addEventListener("submit", (event) => {
  event.preventDefault();
  const file = $("file").files[0];
  const started = performance.now();
  const request = new XMLHttpRequest();
  const failed = () => ($("sent").textContent = "The upload failed.");
  request.upload.onprogress = ({ loaded, total }) => {
    $("progress").value = loaded / (total || 1);
    $("sent").textContent = `${size(loaded)} of ${size(total)} sent …`;
  };
  request.onload = () => {
    if (request.status !== 200) return failed();
    const seconds = (performance.now() - started) / 1000;
    $("progress").value = 1;
    $("sent").textContent = `${size(JSON.parse(request.response).bytes)} arrived in ${seconds.toFixed(1)} s.`;
  };
  request.onerror = failed;
  request.open("POST", "/upload");
  request.send(file);
});

// Chat: a WebSocket, which is opened again when it was lost.
let socket;

function connect() {
  socket = new WebSocket(new URL("/chat", location.href.replace(/^http/, "ws")));
  socket.onopen = () => $("lines").replaceChildren();
  socket.onmessage = ({ data }) => {
    const line = document.createElement("li");
    line.textContent = data;
    $("lines").append(line);
    $("lines").scrollTop = $("lines").scrollHeight;
  };
  socket.onclose = () => setTimeout(connect, 2000);
}

$("chat").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("line").value.trim();
  if (text === "" || socket.readyState !== WebSocket.OPEN) return;
  socket.send(text);
  $("line").value = "";
});

connect();
