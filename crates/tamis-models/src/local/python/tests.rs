//! Programs as they come, and programs that mean harm.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tamis_core::media::{Media, MediaKind, MediaStore, MemoryStore, encode_png};
use tamis_core::model::{CodeEnd, CodeReply, CodeRequest, Reply};

use super::{Options, Runner};

fn python() -> String {
    std::env::var("TAMIS_PYTHON").unwrap_or_else(|_| "python3".into())
}

fn options() -> Options {
    Options { python: python(), workers: 1, time_s: 5.0, memory_mb: 512, disk_mb: 8, ..Options::default() }
}

fn runner(options: Options) -> Runner {
    Runner::start(&options).unwrap_or_else(|e| panic!("{e}\n(`cargo xtask test` installs what the tests need)"))
}

async fn run(runner: &Runner, program: &str) -> CodeReply {
    let request = CodeRequest { program: program.into(), outputs: vec!["*.png".into()], ..CodeRequest::default() };
    ask(runner, &request, &MemoryStore::new()).await.0
}

async fn ask(runner: &Runner, request: &CodeRequest, store: &MemoryStore) -> (CodeReply, Vec<String>, usize) {
    let answered = runner.run(request, store).await.unwrap();
    let Reply::Code(reply) = answered.reply else { panic!("{:?}", answered.reply) };
    (reply, answered.notes, answered.pictures.len())
}

async fn once(program: &str) -> CodeReply {
    run(&runner(options()), program).await
}

fn limited(reply: &CodeReply) -> &str {
    match &reply.end {
        CodeEnd::Limit(what) => what,
        other => panic!("{other:?}\n{}\n{}", reply.stdout, reply.stderr),
    }
}

fn picture(store: &MemoryStore) -> Arc<Media> {
    let png = encode_png(&image::DynamicImage::new_rgb8(3, 2)).unwrap();
    store.put(MediaKind::Image, &png).unwrap()
}

#[tokio::test]
async fn a_program_reads_its_input_and_files_and_its_pictures_come_back() {
    let store = MemoryStore::new();
    let request = CodeRequest {
        program: "import sys, shutil\nprint(sys.stdin.read().upper(), end='')\nprint('oops', file=sys.stderr)\n\
                  shutil.copy('in.png', 'b.png'); shutil.copy('in.png', 'a.png'); open('c.txt', 'w').write('x')\n\
                  assert __name__ == '__main__' and sys.argv == ['program.py']\nsys.exit(3)"
            .into(),
        input: "grüße".into(),
        files: vec![("in.png".into(), picture(&store))],
        outputs: vec!["*.png".into()],
        timeout_s: None,
    };
    let runner = runner(options());
    let (reply, notes, pictures) = ask(&runner, &request, &store).await;
    assert_eq!((reply.end, reply.stdout.as_str(), reply.stderr.as_str()), (CodeEnd::Exit(3), "GRÜSSE", "oops\n"));
    let names: Vec<_> = reply.images.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a.png", "b.png", "in.png"]);
    assert!(reply.images.iter().all(|(_, hash)| store.contains(*hash)) && notes.is_empty() && pictures == 3);
    assert!(runner.interpreter.versions.starts_with("Python 3."), "{}", runner.interpreter.versions);
}

#[tokio::test]
async fn an_exception_is_told_as_the_interpreter_tells_it() {
    let reply = once("def f():\n    return 1 / 0\nf()\n").await;
    assert_eq!(reply.end, CodeEnd::Exit(1));
    let said = "Traceback (most recent call last):\n  File \"program.py\", line 3, in <module>\n";
    assert!(reply.stderr.starts_with(said) && reply.stderr.ends_with("ZeroDivisionError: division by zero\n"));
    let reply = once("def f(:\n").await;
    assert!(reply.stderr.contains("program.py\", line 1") && reply.stderr.contains("SyntaxError"), "{}", reply.stderr);
}

#[tokio::test]
async fn programs_see_the_same_draws_hashes_and_environment_and_nothing_of_each_other() {
    let runner = runner(options());
    let program = "import os, random, builtins, sys\nprint(random.random(), hash('abc'), sorted(os.environ.items()))\n\
                   print(os.listdir('.'), os.listdir('/tmp'), hasattr(builtins, 'left'), 'left' in sys.modules)\n\
                   builtins.left = 1; sys.modules['left'] = sys; open('left.png', 'w'); open('/tmp/left', 'w')\n\
                   os.makedirs('deep/er'); os.chmod('deep/er', 0); os.chmod('deep', 0)";
    let first = run(&runner, program).await;
    assert!(first.stdout.ends_with("[] ['work'] False False\n"), "{}{}", first.stdout, first.stderr);
    for _ in 0..3 {
        assert_eq!(run(&runner, program).await, first);
    }
    assert!(!first.stdout.contains("CARGO"));
}

#[tokio::test]
async fn a_program_that_does_not_end_is_stopped_in_time() {
    let runner = runner(options());
    let request = CodeRequest {
        program: "import signal, time\nfor s in range(1, 32):\n  try: signal.signal(s, signal.SIG_IGN)\n  \
                  except (OSError, ValueError): pass\nprint('on', flush=True)\nwhile True: pass"
            .into(),
        timeout_s: Some(0.5),
        ..CodeRequest::default()
    };
    let began = Instant::now();
    let reply = ask(&runner, &request, &MemoryStore::new()).await.0;
    assert_eq!((reply.end, reply.stdout.as_str()), (CodeEnd::Timeout, "on\n"));
    assert!(began.elapsed() < Duration::from_secs(4));
    assert_eq!(run(&runner, "print(1)").await.stdout, "1\n");
}

#[tokio::test]
async fn memory_is_limited() {
    assert_eq!(limited(&once("x = bytearray(4 << 30)").await), "it took too much memory");
    let reply = once("x = []\nwhile True: x.append(bytes(1 << 20))").await;
    assert_eq!(limited(&reply), "it took too much memory");
    let reply = once("import os\nos.memfd_create('x')").await;
    assert!(reply.stderr.contains("PermissionError"), "{}", reply.stderr);
}

#[tokio::test]
async fn output_is_cut_and_endless_output_stopped() {
    let reply = once("print('x' * 100_000)").await;
    assert_eq!((reply.end, reply.stdout.len()), (CodeEnd::Exit(0), 65_536));
    let reply = once("while True: print('y' * 1000)").await;
    assert_eq!(limited(&reply), "it printed far more than is kept");
    assert_eq!(reply.stdout.len(), 65_536);
}

#[tokio::test]
async fn disk_is_limited() {
    let reply = once("f = open('big.png', 'wb')\nfor _ in range(10_000): f.write(bytes(1 << 20))").await;
    assert_eq!(limited(&reply), "it wrote too large a file");
    let reply = once("for i in range(10_000): open(f'{i}', 'wb').write(bytes(1 << 20))").await;
    assert_eq!(limited(&reply), "it wrote more than its directory holds");
    let reply = once("open('/usr/x', 'w')").await;
    assert!(reply.stderr.contains("Read-only file system"), "{}", reply.stderr);
}

#[tokio::test]
async fn processes_are_refused_and_threads_are_not() {
    let reply = once("import os\nwhile True: os.fork()").await;
    assert!(reply.end == CodeEnd::Exit(1) && reply.stderr.contains("PermissionError"), "{reply:?}");
    let reply = once("import subprocess\nsubprocess.run(['/bin/sleep', '100'])").await;
    assert!(reply.end == CodeEnd::Exit(1) && reply.stderr.contains("PermissionError"), "{reply:?}");
    let reply = once("import os\nos.execv('/bin/sh', ['sh', '-c', 'echo out'])").await;
    assert!(reply.stdout.is_empty() && reply.stderr.contains("PermissionError"), "{reply:?}");
    let reply = once("import threading\nt = threading.Thread(target=print, args=('in a thread',)); t.start()").await;
    assert_eq!(reply.stdout, "in a thread\n");
}

#[tokio::test]
async fn the_machines_files_are_out_of_reach() {
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".into());
    let here = env!("CARGO_MANIFEST_DIR");
    let program = format!(
        "import os\nfor path in ['/etc/shadow', '/etc/passwd', '{home}/.bashrc', '{here}/Cargo.toml', '/proc/1/environ', \
         '/sys/kernel', '/dev/sda', '/dev/mem', '/run', '/var', '/dev/shm', '/dev/pts']:\n    \
         if os.path.exists(path): print(path)\n"
    );
    let reply = once(&program).await;
    assert_eq!((reply.stdout.as_str(), reply.end), ("", CodeEnd::Exit(0)), "{}", reply.stderr);
}

#[tokio::test]
async fn there_is_no_network() {
    for kind in ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"] {
        let reply = once(&format!("import socket\nsocket.socket(socket.{kind}, socket.SOCK_DGRAM)")).await;
        assert!(reply.stderr.contains("PermissionError"), "{kind}: {reply:?}");
    }
    let reply = once("import socket\na, b = socket.socketpair()\na.send(b'x'); print(b.recv(1))").await;
    assert_eq!(reply.stdout, "b'x'\n");
}

#[tokio::test]
async fn only_files_that_are_pictures_come_back() {
    let store = MemoryStore::new();
    let request = CodeRequest {
        program: "import os\nos.symlink('/usr/bin/env', 'link.png')\nos.symlink('in.png', 'near.png')\n\
                  os.mkfifo('pipe.png')\nos.mkdir('dir.png')\nopen('text.png', 'w').write('no picture')\n\
                  f = open('hole.png', 'wb'); f.truncate(8_000_001)\nos.mkdir('sub'); os.link('in.png', 'sub/x.png')\n\
                  open(b'\\xff.png', 'w')"
            .into(),
        files: vec![("in.png".into(), picture(&store))],
        outputs: vec!["*.png".into(), "sub/x.png".into(), "../*".into(), "/etc/*".into()],
        ..CodeRequest::default()
    };
    let (reply, notes, _) = ask(&runner(options()), &request, &store).await;
    assert_eq!(reply.end, CodeEnd::Exit(0), "{}", reply.stderr);
    let names: Vec<_> = reply.images.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["in.png"], "{notes:?}");
    assert_eq!(notes.len(), 7, "{notes:?}");
}

#[tokio::test]
async fn names_of_files_that_lead_elsewhere_are_refused() {
    let (store, runner) = (MemoryStore::new(), runner(options()));
    for name in ["../x.png", "/tmp/x.png", "a/b.png", "..", "", "a\0b"] {
        let files = vec![(name.to_string(), picture(&store))];
        let request = CodeRequest { files, ..CodeRequest::default() };
        let fault = runner.run(&request, &store).await.unwrap_err();
        assert!(fault.message.contains("no name for a file"), "{}", fault.message);
    }
}

#[tokio::test]
async fn a_program_cannot_touch_its_supervisor() {
    let runner = runner(options());
    let program = "import ctypes, fcntl, os, resource, signal\nparent = os.getppid()\n\
         def refused(what, *call):\n    try: call[0](*call[1:])\n    except (OSError, ValueError) as e: return\n    \
         print('not refused:', what)\n\
         for s in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):\n    refused('kill', os.kill, parent, s)\n    \
         refused('all', os.kill, -1, s)\n    refused('one', os.kill, 1, s)\n    refused('group', os.kill, 0, s)\n\
         refused('prlimit', resource.prlimit, parent, resource.RLIMIT_CPU, (1, 1))\n\
         refused('owner', fcntl.fcntl, 0, fcntl.F_SETOWN, parent)\n\
         refused('affinity', os.sched_setaffinity, parent, {0})\n\
         if hasattr(os, 'pidfd_open'): refused('pidfd', os.pidfd_open, parent)\n\
         libc = ctypes.CDLL(None, use_errno=True)\n\
         if libc.ptrace(16, parent, 0, 0) != -1: print('ptrace')\n\
         if libc.unshare(0x10000000) != -1: print('unshare')\n\
         if libc.process_vm_readv(parent, None, 0, None, 0, 0) != -1: print('readv')\n\
         if libc.mount(b'x', b'/tmp', b'tmpfs', 0, None) != -1: print('mount')\n\
         for fd in range(3, 4096):\n    refused('fd %d' % fd, os.fstat, fd)\n\
         print('tried', os.getuid())";
    assert_eq!(run(&runner, program).await.stdout, "tried 65534\n");
    assert_eq!(run(&runner, "print('still there')").await.stdout, "still there\n");
}

#[tokio::test]
async fn a_forged_answer_is_mere_output() {
    let forged = "import os, json\nhead = json.dumps({'status': 0, 'stopped': None, 'notes': [], 'last': False, \
         'lengths': [2, 0], 'pictures': []}).encode()\nmessage = len(head).to_bytes(4, 'big') + head + b'ok'\n\
         for fd in range(0, 64):\n    try: os.write(fd, message)\n    except OSError: pass\nos._exit(7)";
    let runner = runner(options());
    let reply = run(&runner, forged).await;
    assert_eq!(reply.end, CodeEnd::Exit(7));
    assert!(reply.stdout.ends_with("ok") && reply.stderr.ends_with("ok"));
    assert_eq!(run(&runner, "print('next')").await.stdout, "next\n");
}

#[tokio::test]
async fn a_worker_that_dies_is_replaced() {
    let runner = runner(options());
    let idle = runner.idle.lock().unwrap().pop().unwrap();
    drop(idle);
    assert_eq!(run(&runner, "print(1)").await.stdout, "1\n");
    // A tree too deep to be removed ends the worker after its answer.
    let deep = "import os\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')\nprint('deep')";
    assert_eq!(run(&runner, deep).await.stdout, "deep\n");
    assert_eq!(run(&runner, "import os; print(os.listdir('/tmp'))").await.stdout, "['work']\n");
}

#[tokio::test]
async fn what_is_missing_is_said_with_what_to_do() {
    let absent = Options { preload: vec!["no_such_module".into()], ..options() };
    let said = Runner::start(&absent).err().unwrap();
    assert!(said.contains("cannot import `no_such_module`"), "{said}");
    let said = Runner::start(&Options { python: "/no/python".into(), ..options() }).err().unwrap();
    assert!(said.contains("cannot run `/no/python`") && said.contains("install Python"), "{said}");
    let said = Options { time_s: -1.0, ..options() }.check().unwrap_err();
    assert!(said.contains("`time_s` is -1"), "{said}");
    let mut bwrap = std::process::Command::new("/no/bwrap");
    bwrap.env_clear();
    let said = super::worker::Worker::start(bwrap, 1).err().unwrap();
    assert!(said.contains("apt-get install bubblewrap"), "{said}");
    let said = super::worker::Worker::start(std::process::Command::new("false"), 1).err().unwrap();
    assert!(said.contains("cannot make a sandbox here"), "{said}");
}

#[tokio::test]
async fn figures_are_drawn_by_warm_workers_alike() {
    let runner = runner(Options {
        preload: vec!["numpy".into(), "matplotlib.pyplot".into()],
        workers: 2,
        time_s: 30.0,
        memory_mb: 2048,
        ..options()
    });
    assert!(runner.interpreter.versions.contains(", matplotlib "), "{}", runner.interpreter.versions);
    let figure = "import numpy as np, matplotlib.pyplot as plt\nplt.plot(np.random.rand(20)); plt.title('Größe')\n\
                  plt.savefig('f.png')";
    let (one, two) = tokio::join!(run(&runner, figure), run(&runner, figure));
    assert_eq!((&one.end, one.images.len()), (&CodeEnd::Exit(0), 1), "{}", one.stderr);
    assert_eq!(one, two);
}
