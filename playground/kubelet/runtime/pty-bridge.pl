#!/usr/bin/perl
# Runs a command on a new pseudo-terminal and copies it to standard input and output; fd 3 takes "<rows> <columns>" lines.
# Node can't open terminals; perl-base is essential in Debian, so nothing has to be built or installed.
use strict;
use warnings;
use POSIX ();

use constant { TIOCSPTLCK => 0x40045431, TIOCGPTN => 0x80045430, TIOCSWINSZ => 0x5414, TIOCSCTTY => 0x540E };

sysopen(my $master, "/dev/ptmx", POSIX::O_RDWR | POSIX::O_NOCTTY) or die "open /dev/ptmx: $!";
my $value = pack("i", 0);
ioctl($master, TIOCSPTLCK, $value) or die "unlock terminal: $!";
ioctl($master, TIOCGPTN, $value) or die "find terminal: $!";
my $name = "/dev/pts/" . unpack("i", $value);

my $pid = fork();
die "fork: $!" unless defined $pid;
if ($pid == 0) {
  POSIX::setsid();
  sysopen(my $slave, $name, POSIX::O_RDWR) or die "open $name: $!";
  my $zero = 0;
  ioctl($slave, TIOCSCTTY, $zero);
  POSIX::dup2(fileno($slave), $_) for 0 .. 2;
  POSIX::close($_) for 3 .. 9;
  exec @ARGV or die "exec $ARGV[0]: $!";
}

open(my $control, "<&=", 3) or die "open fd 3: $!";
my %open = (input => 1, control => 1);
while (1) {
  my $bits = '';
  vec($bits, fileno($master), 1) = 1;
  vec($bits, 0, 1) = 1 if $open{input};
  vec($bits, 3, 1) = 1 if $open{control};
  select($bits, undef, undef, undef);
  if (vec($bits, fileno($master), 1)) {
    my $n = sysread($master, my $chunk, 65536);
    last unless $n;
    put(*STDOUT, $chunk) or last;
  }
  if ($open{input} && vec($bits, 0, 1)) {
    my $n = sysread(STDIN, my $chunk, 65536);
    if ($n) { put($master, $chunk) }
    # An end of input is the terminal's end-of-file character, as a person would type it.
    else { $open{input} = 0; put($master, "\x04") }
  }
  if ($open{control} && vec($bits, 3, 1)) {
    my $n = sysread($control, my $chunk, 4096);
    if (!$n) { $open{control} = 0 }
    elsif ($chunk =~ /(\d+) (\d+)\s*$/) {
      my $size = pack("S4", $1, $2, 0, 0);
      ioctl($master, TIOCSWINSZ, $size);
      kill 'WINCH', $pid;
    }
  }
}
waitpid($pid, 0);
exit($? & 127 ? 128 + ($? & 127) : $? >> 8);

sub put {
  my ($handle, $chunk) = @_;
  while (length $chunk) {
    my $n = syswrite($handle, $chunk);
    return 0 unless defined $n;
    substr($chunk, 0, $n) = '';
  }
  return 1;
}
