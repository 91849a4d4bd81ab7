export const HELP = `soloist: builds TypeScript apps into unikernels and runs them

Usage: soloist COMMAND [options]

Commands:
  create [NAME]    start a new project
  dev [app]        run an app on Node.js, again whenever a file changes
  build [app]      make a bootable image of an app
  run [app|image]  boot it; builds it first when it is an app
  compose [FILE]   boot several, on a network of their own
  package [app]    write it for a platform: OCI, Kubernetes, libvirt, Nomad, Firecracker, a raw disk
  test [app]       run an app's tests, on Node.js or against its image
  logs [NAME]      what guests printed
  inspect IMAGE    say what an image is
  doctor           say what this machine lacks
  completion SHELL make a shell complete all this

Options:
  --help           about soloist, or about a command: soloist run --help
  --version

Examples:
  soloist dev apps/web-server
  soloist build apps/hello --target spt
  soloist run apps/web-server -p 8080:80

Results go to stdout, everything about them to stderr. Colours: on a terminal, unless NO_COLOR is set.
Exit code: 0; 1 when something failed; 2 for wrong usage; run, compose and test have more, which their --help says;
128 + the number of the signal that ended the command, 130 after Ctrl-C.
`;

export const BUILD_HELP = `soloist build: makes a bootable image of an app

Usage: soloist build [app] [options]

  app              folder of the app, or its main module; default: the current folder.
                   The main module is src/main.ts, or "soloist": { "entry": … } in package.json.

Options:
  --target TARGET  virtio (default): QEMU, KVM, clouds; spt: a sandboxed Linux process
  --out FILE       where to write the image; default: <app>/dist/<name>.<target>
  --no-snapshot    evaluate the app's top level at every boot, not at build time
  --minify         shorter names in the bundle
  --report         write FILE.html, too: what is in the image, by package and file
  --measure        with --report: boot it once, on a network of its own, and time that
  --json           print what was built as JSON
  --help

The image needs no source map to run; FILE.map stays on the host for stacks.

Examples:
  soloist build
  soloist build apps/hello --target spt --out hello.spt
  soloist build apps/web-server --report --measure

Exit code: 0, 1 when the app cannot be built, 2 for wrong usage.
`;

export const RUN_HELP = `soloist run: boots an app or an image, and exits with its exit code

Usage: soloist run [app|image] [options] [-- ARGUMENTS…]

  app|image        default: the app in the current folder. An app is built first. Several at once: soloist compose
  ARGUMENTS        what the app gets; -- --help lists what it knows

Options:
  --target TARGET  virtio (default, in QEMU) or spt (in soloist-spt)
  --mem MB         memory of the guest; default: 128
  --net NETWORK    user (default): QEMU's user network, neither root nor a set-up needed; on spt through a switch in this command,
                   slower than a tap; tap:NAME: a tap interface that exists; DEVICE=tap:NAME when there are several; none
  --net-mac MAC    address of the network device, or DEVICE=MAC
  -p HOST:GUEST    forward a port of localhost to one of the guest (user network); -p 0.0.0.0:80:80 for all
                   addresses, /udp behind it for UDP. May be given several times
  --block FILE     attach a file as disk, or DEVICE=FILE; FILE,size=16M makes it when it is not there; a disk that the app
                   does without may be left out
  --accel ACCEL    auto (default): KVM when it works, else TCG; kvm; tcg
  --pcap FILE      write the frames of the network device, or DEVICE=FILE, for Wireshark, tshark, tcpdump; on spt
                   root or CAP_NET_RAW is needed
  --profile FILE   sample the app's JavaScript, and write a profile for speedscope or Chrome's DevTools
  --gdb            wait for a debugger of the machine code, and say how to start it (virtio); --gdb-port PORT;
                   default: 1234
  --no-snapshot, --minify
                   as for soloist build
  --watch          build and boot it again whenever a file of the app changes
  --help

Examples:
  soloist run apps/web-server -p 8080:80
  soloist run apps/hello --target spt -- --who=Ada
  soloist run apps/web-server --target spt -p 8080:80
  soloist run apps/echo --target spt --net tap:tap0 -- --ipv4=10.0.0.2/24

Ctrl-C ends the guest. Exit code: the app's; 1 when it cannot be built or started, 2 for wrong usage, 130 after Ctrl-C.
`;

export const INSPECT_HELP = `soloist inspect: says what an image is

Usage: soloist inspect IMAGE [--json]

Options:
  --json           print it as JSON
  --help

Examples:
  soloist inspect apps/hello/dist/hello.spt
  soloist inspect hello.virtio --json

Exit code: 0, 1 when it is no image, 2 for wrong usage.
`;

export const DOCTOR_HELP = `soloist doctor: says what this machine lacks, and how to get it

Usage: soloist doctor [--json]

Options:
  --json           print it as JSON
  --help

Examples:
  soloist doctor

Exit code: 0 when images can be built and run, 1 when something is missing.
`;

export const DEV_HELP = `soloist dev: runs an app on Node.js, and again whenever a file changes

Usage: soloist dev [app] [options] [-- ARGUMENTS…]

  app              folder of the app, or its main module; default: the current folder
  ARGUMENTS        what the app gets; -- --help lists what it knows

Options:
  -p HOST:GUEST    port of localhost for one of the app, as for soloist run; ports that are not named get their own
                   number, those below 1024 8000 more: 80 is http://localhost:8080/
  --block FILE     a file as disk, or DEVICE=FILE; FILE,size=16M makes it when it is not there
  --inspect[=PORT] listen for a debugger; default port: 9229
  --no-watch       run once, and exit with the app's exit code
  --stack STACK    host (default): sockets of this machine; soloist: the app's own TCP/IP in this process, on a
                   simulated link
  --pcap FILE      with --stack soloist: write the link's frames
  --drop PERCENT, --corrupt PERCENT, --delay MS
                   with --stack soloist: what the link does to frames, each way
  --seed NUMBER    with --stack soloist: which frames are hit; the same number, the same ones
  --target unix    what dev runs anyway
  --help

Examples:
  soloist dev
  soloist dev apps/url-shortener --block links=links.img,size=16M
  soloist dev apps/echo --stack soloist --drop 5 --delay 20 --pcap echo.pcap

Ctrl-C ends it. Exit code: the app's with --no-watch; 1 when it cannot be run, 2 for wrong usage, 130 after Ctrl-C.
`;

export const TEST_HELP = `soloist test: runs an app's tests by vitest

Usage: soloist test [app] [options] [-- NAMES…]

  app              folder of the app; default: the current folder
  NAMES            run only test files whose path has one of these in it

Options:
  --image          boot() of @soloist/toolchain/test boots an image, not the app on Node.js; neither root nor a tap is needed
  --target TARGET  what --image boots: virtio (default, in QEMU) or spt (in soloist-spt)
  --watch          run them again when a file changes
  --help

Examples:
  soloist test
  soloist test --image --target spt
  soloist test apps/url-shortener -- routes

Exit code: 0, 1 when a test fails, 2 for wrong usage.
`;

export const COMPOSE_HELP = `soloist compose: boots several unikernels on a network of their own, and merges their logs

Usage: soloist compose [FILE] [options]

  FILE             or the folder of a soloist.compose.json; default: the current one

  {
    "apps": {
      "links": { "app": "apps/url-shortener", "disks": { "links": "links.img,size=16M" } },
      "web": {
        "app": "apps/web-server",          or "image": FILE; "target": "virtio" (default) or "spt"
        "args": ["--backend=links"],       an app finds the others by name: links, links.internal, links.local
        "ports": ["8080:80"],              ports of localhost, as for soloist run -p
        "memory": 64,                      megabytes; default: 128
        "address": "10.0.2.20",            default: the next free one, from 10.0.2.10 on; DHCP tells the app
        "networks": { "service": "back" }, default: every device on the network "default"
        "dependsOn": ["links"],            boot when that one says that it listens, or after 60 s
        "restart": "on-failure"            or "always"; default: "no"
      }
    },
    "networks": { "back": { "gateway": false } }   without a way out
  }

Options:
  --accel ACCEL    auto (default): KVM when it works, else TCG; kvm; tcg
  --help

Neither root nor a set-up is needed. Paths are relative to FILE.

Examples:
  soloist compose
  soloist compose apps/galaxy

Ctrl-C ends all. So does an app that fails and is not restarted, whose exit code is then that of the command. Exit code:
0 when all apps ended well, 1 when one cannot be built or started, 2 for wrong usage, 130 after Ctrl-C.
`;

export const LOGS_HELP = `soloist logs: shows what guests of soloist run and soloist compose printed

Usage: soloist logs [NAME] [options]

  NAME             of the app; default: list all whose consoles were kept

Options:
  -f, --follow     go on until the guest ends
  -n, --lines LINES
                   how many of the last lines, or all; default: 20
  --json           print the list as JSON
  --help

Consoles are kept in $XDG_STATE_HOME/soloist/logs (~/.local/state/soloist/logs): those of guests that run, and the last 20
of others, 8 MB each at most.

Examples:
  soloist logs
  soloist logs web-server --follow

Exit code: 0, 2 when there is no such console, 130 after Ctrl-C.
`;

export const PACKAGE_HELP = `soloist package: writes an image for platforms that run unikernels

Usage: soloist package [app|image] KIND… [options] [-- ARGUMENTS…]

  app|image        default: the app in the current folder. An app is built first.
  ARGUMENTS        what the app gets

Kinds:
  --oci            NAME.oci: an OCI image layout for urunc, the container runtime for unikernels (spt or virtio)
  --kubernetes     NAME.kubernetes.yaml: a deployment of that under urunc, and a service for its ports
  --libvirt        NAME.libvirt.xml: a domain, for virsh create (virtio)
  --nomad          NAME.nomad.json: a job, for nomad job run -json (virtio, on clients with QEMU)
  --raw            NAME.raw: a disk that boots by BIOS and UEFI, with ARGUMENTS on it (virtio)
  --firecracker    NAME.firecracker.json: a machine with taps, for firecracker --config-file (virtio)

Options:
  --target TARGET  what an app is built for: virtio (default) or spt
  --out DIR        folder to write to; default: <app>/dist, or beside the image
  --mem MB         memory of the guest; default: 128
  -p HOST:GUEST    a port that it offers (oci, kubernetes, nomad, raw). May be given several times
  --block FILE     a disk of it, or DEVICE=FILE (libvirt, nomad, firecracker)
  --help

Examples:
  soloist package apps/web-server --oci --kubernetes -p 80:80
  soloist package apps/web-server --libvirt --mem 64 -- --ipv4=192.168.122.9/24
  soloist package apps/web-server --raw -p 8080:80
  skopeo copy oci:web-server.oci:latest docker://registry.example/web-server

Exit code: 0, 1 when the app cannot be built, 2 for wrong usage or what an image cannot be packaged as.
`;

export const CREATE_HELP = `soloist create: starts a new project, as npm create soloist does

Usage: soloist create [NAME] [options of create-soloist]

Examples:
  soloist create my-app
  soloist create my-app --template web

Exit code: that of create-soloist.
`;

export const COMPLETION_HELP = `soloist completion: prints a script that makes a shell complete soloist's commands and options

Usage: soloist completion SHELL

  SHELL            bash, zsh or fish

Examples:
  soloist completion bash >> ~/.bashrc
  soloist completion zsh > ~/.zsh/_soloist      in a folder of $fpath
  soloist completion fish > ~/.config/fish/completions/soloist.fish

Exit code: 0, 2 for wrong usage.
`;

/** By command. */
export const COMMAND_HELPS: Readonly<Record<string, string>> = {
  create: CREATE_HELP,
  dev: DEV_HELP,
  build: BUILD_HELP,
  run: RUN_HELP,
  compose: COMPOSE_HELP,
  package: PACKAGE_HELP,
  test: TEST_HELP,
  logs: LOGS_HELP,
  inspect: INSPECT_HELP,
  doctor: DOCTOR_HELP,
  completion: COMPLETION_HELP,
};
