//! The command line of Tamis: thin, each command one file.
#![allow(unreachable_pub, reason = "a program has no outside that could reach its items")]

mod args;
mod commands;
mod cookbook;
mod error;
mod gallery;
mod human;
mod launch;
mod pictures;
mod progress;
mod redraw;
mod registry;
mod tables;
mod trained;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};

/// A run makes and frees pictures of many sizes on many threads; the system's allocator keeps most of what is freed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    leave_quietly_when_nobody_reads();
    tamis_remote::install(&[]);
    let cli = Cli::parse();
    let result = match cli.command {
        Command::List(args) => commands::list::run(&args),
        Command::Show(args) => commands::show::run(&args),
        Command::Ops(args) => commands::ops::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Plan(args) => commands::plan::run(&args),
        Command::Run(args) => commands::run::run(args),
        Command::Resume(args) => commands::resume::run(&args),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Sheet(args) => commands::sheet::run(&args),
        Command::Stats(args) => commands::stats::run(&args),
        Command::Export(args) => commands::export::run(&args),
        Command::New(args) => commands::new::run(&args),
        Command::Test(args) => commands::test::run(&args),
        Command::Schema => commands::schema::run(),
        Command::Sim(args) => commands::sim::run(&args),
    };
    result.unwrap_or_else(|error| error.print())
}

/// `tamis list | head -1` closes our standard output; that is no reason to panic.
fn leave_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload().downcast_ref::<String>().map(String::as_str).unwrap_or_default();
        if said.starts_with("failed printing to std") {
            std::process::exit(0);
        }
        usual(panic);
    }));
}
