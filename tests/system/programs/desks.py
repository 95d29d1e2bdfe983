# SPDX-License-Identifier: Apache-2.0
"""What one calculates, draws and typesets with: each starts helpers of its own, or commands that a document names."""
from programs.strangers import LIST
from scenario import scenario

DRAW = """(let* ((image (car (gimp-image-new 8 8 RGB))) (layer (car (gimp-layer-new image 8 8 RGB-IMAGE "a" 100 NORMAL-MODE))))
  (gimp-image-insert-layer image layer 0 0)
  (plug-in-gauss 1 image layer 3 3 0)
  (file-png-save 1 image layer "out.png" "out.png" 0 9 0 0 0 0 0))"""


@scenario("gimp", seconds=240,
          does="plug-ins: a script draws, blurs and saves by three, which are told two pipes as their words")
def gimp_plug_ins(job):
    job.run("gimp-console", "-i", "-d", "-f", "-b", DRAW, "-b", "(gimp-quit 0)", environment={"HOME": str(job.directory)})
    picture = (job.directory / "out.png").read_bytes()
    job.expect(picture.startswith(b"\x89PNG") and picture[16:24] == bytes([0, 0, 0, 8] * 2), "no picture")


@scenario("r-base-core", seconds=120,
          does="parallel: forked workers, and a cluster of started ones; system, pipe and system2")
def r_parallel(job):
    said = job.run("Rscript", "--vanilla", job.write("program.R", """
library(parallel)
cat(unlist(mclapply(1:4, function(x) x * x, mc.cores = 2)), "\\n")
cluster <- makePSOCKcluster(2)
cat(parSapply(cluster, 1:4, function(x) x + 1), "\\n")
cat(clusterApply(cluster, 1:2, function(x) system("ls -l /proc/self/fd | grep -c socket:", intern = TRUE)) |> unlist(), "\\n")
stopCluster(cluster)
held <- file("held", "w")
cat(system("echo by system", intern = TRUE), system2("echo", "by system2", stdout = TRUE), "")
cat(readLines(pipe("echo by pipe")), "\\n")
"""), timeout=100).stdout
    job.expect(said.startswith("1 4 9 16 \n2 3 4 5 \n") and said.endswith("by system by system2 by pipe \n"), said)
    given = said.split("\n")[2].split()
    job.most_inheritable = sum(int(number) for number in given)
    job.expect(("LD_PRELOAD" in job.environment) == (job.most_inheritable == 0), said)


@scenario("octave", seconds=120, does="system, popen, popen2; fork, pipe, dup2 and exec")
def octave(job):
    return job.run("octave-cli", "--no-init-file", "--no-history", job.write("program.m", """
[status, text] = system("echo by system"); printf("%s", text);
from = popen("echo by popen", "r"); printf("%s", fgets(from)); pclose(from);
[to, back, child] = popen2("tr", {"a-z", "A-Z"});
fputs(to, "by popen2\\n"); fclose(to); waitpid(child); printf("%s", fgets(back)); fclose(back);
[read_end, write_end] = pipe();
child = fork();
if child == 0
  dup2(write_end, stdout); exec("/bin/sh", {"-c", "echo by exec"});
end
fclose(write_end); waitpid(child); printf("%s", fgets(read_end));
""")).stdout


@scenario("texlive-latex-base", seconds=120,
          does=r"\write18 and \input of a pipe run commands; pdftex draws a page; counted: what they got")
def tex_write18(job):
    job.write("list", LIST + 'print("given", len(found))\n', mode=0o755)
    job.write("page.tex", r"""\documentclass{article}
\begin{document}
\immediate\write18{./list > listed}
\input{|"echo by a pipe"}
\input{listed}
\end{document}
""")
    said = job.run("pdflatex", "-shell-escape", "-interaction=nonstopmode", "page.tex",
                   environment={"HOME": str(job.directory)}).stdout
    job.expect("Output written on page.pdf (1 page" in said, said)
    given = (job.directory / "listed").read_text()
    job.most_inheritable = int(given.split()[1])
    job.expect(("LD_PRELOAD" in job.environment) == (job.most_inheritable == 0), given)


@scenario("libreoffice-writer-nogui", seconds=240,
          does="headless: a script starts a process, which starts the office, which converts a text to PDF")
def libreoffice_convert(job):
    job.write("text.txt", "a text\n")
    job.run("soffice", f"-env:UserInstallation=file://{job.directory}/profile", "--headless", "--convert-to", "pdf", "text.txt",
            environment={"HOME": str(job.directory)}, timeout=200)
    job.expect((job.directory / "text.pdf").read_bytes().startswith(b"%PDF"), "no PDF")


@scenario("gnuplot-nox", seconds=60,
          does="plots what a command says, and draws into a command; system and a shell escape")
def gnuplot(job):
    return job.run("gnuplot", job.write("program.gp", """
set terminal dumb 40 10
set output "| tr a-z A-Z > drawn"
plot "< seq 1 5" with points title "a"
set output
set print
print system("echo by system")
! echo by an escape
"""), check=True).stderr + (job.directory / "drawn").read_text()
