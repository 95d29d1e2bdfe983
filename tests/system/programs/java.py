# SPDX-License-Identifier: Apache-2.0
"""Java's ProcessBuilder, which passes pipes through a helper that is told some of their numbers."""
from scenario import scenario

PACKAGE = "openjdk-17-jdk-headless|openjdk-21-jdk-headless"

PIPES = """
import java.io.*;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;

class Pipes {
    static String talk(String... command) throws Exception {
        Process process = new ProcessBuilder(command).start();
        try (Writer in = process.outputWriter()) {
            in.write("text\\n");
        }
        String said = new String(process.getInputStream().readAllBytes());
        String complained = new String(process.getErrorStream().readAllBytes());
        return said.strip() + " " + complained.strip() + " " + process.waitFor();
    }

    public static void main(String[] arguments) throws Exception {
        // What the program itself holds must not reach its children, nor must one child's pipes reach another.
        RandomAccessFile held = new RandomAccessFile("held", "rw");
        System.out.println(talk("sh", "-c", "tr a-z A-Z; echo error >&2; exit 7"));
        Process list = new ProcessBuilder("ls", "/proc/self/fd").start();
        System.out.println(new String(list.getInputStream().readAllBytes()).replace("\\n", " "));

        File out = new File("out");
        new ProcessBuilder("sh", "-c", "echo to a file").redirectOutput(out).start().waitFor();
        new ProcessBuilder("cat").redirectInput(out).inheritIO().redirectInput(out).start().waitFor();
        System.out.println(new ProcessBuilder("false").inheritIO().start().waitFor());
        try {
            new ProcessBuilder("./nothing-there").start();
        } catch (IOException expected) {
            System.out.println("cannot start: " + expected.getMessage().contains("error=2"));
        }
        List<Process> line = ProcessBuilder.startPipeline(List.of(
            new ProcessBuilder("echo", "through a pipeline"), new ProcessBuilder("tr", "a-z", "A-Z")));
        System.out.print(new String(line.get(1).getInputStream().readAllBytes()));

        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<String>> answers = new ArrayList<>();
        for (int count = 0; count < 40; ++count) {
            String number = Integer.toString(count);
            answers.add(threads.submit(() -> talk("sh", "-c", "read line; echo $line " + number)));
        }
        for (Future<String> answer : answers) {
            System.out.print(answer.get() + ";");
        }
        System.out.println();
        threads.shutdown();
    }
}
"""


def process_builder(job, mechanism):
    job.write("Pipes.java", PIPES)
    job.run("javac", "Pipes.java", bare=True)
    said = job.run("java", f"-Djdk.lang.Process.launchMechanism={mechanism}", "-cp", ".", "Pipes").stdout
    job.expect(said.startswith("TEXT error 7\n0 1 2 3 \nto a file\n1\ncannot start: true\nTHROUGH A PIPELINE\n"), said)
    job.expect("".join(f"text {number}  0;" for number in range(40)) in said, said)
    return said


@scenario(PACKAGE, does="ProcessBuilder by posix_spawn, the default: pipes, inheritIO, 8 threads", seconds=60)
def java_posix_spawn(job):
    return process_builder(job, "POSIX_SPAWN")


@scenario(PACKAGE, does="ProcessBuilder by fork: pipes, inheritIO, 8 threads", seconds=60)
def java_fork(job):
    return process_builder(job, "FORK")


@scenario(PACKAGE, does="ProcessBuilder by vfork: pipes, inheritIO, 8 threads", seconds=60)
def java_vfork(job):
    return process_builder(job, "VFORK")


@scenario(PACKAGE, does="java File.java compiles and runs; it listens, and its child does not get the socket")
def java_source(job):
    job.write("Main.java", """
import java.net.*;

class Main {
    public static void main(String[] arguments) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
             Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
             Socket accepted = server.accept()) {
            accepted.getOutputStream().write("hello ".getBytes());
            accepted.shutdownOutput();
            System.out.print(new String(client.getInputStream().readAllBytes()));
            Process child = new ProcessBuilder("ls", "/proc/self/fd").start();
            System.out.print(new String(child.getInputStream().readAllBytes()));
        }
    }
}
""")
    said = job.run("java", "Main.java").stdout
    job.expect(said == "hello 0\n1\n2\n3\n", said)
    return said
