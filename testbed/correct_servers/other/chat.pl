#!/usr/bin/perl
# A chat service on Mojolicious::Lite, with the JSON reader of Mojolicious. It names every fault.
#
# Perl hardly distinguishes "5" from 5, so a string is a scalar with the string flag alone. Mojo::JSON reads integers
# outside of 64 bits as floats, takes the last of two equal keys, and reads numbers that end in a point.
use Mojolicious::Lite -signatures;
use B qw(svref_2object SVf_IOK SVf_NOK);
use Mojo::File qw(path);
use Mojo::JSON qw(decode_json);

my $catalogue = decode_json path($ENV{CATALOGUE})->slurp;
app->secrets(['chat'])->log->level('fatal');

sub is_number ($value) {
  return defined $value && !ref $value && svref_2object(\$value)->FLAGS & (SVf_IOK | SVf_NOK);
}

sub is_string ($value) {
  return defined $value && !ref $value && !is_number($value);
}

sub fault ($loc, $msg, $type) {
  return {loc => ['body', @$loc], msg => $msg, type => $type};
}

sub string_faults ($holder, $loc, $required, $optional) {
  my @missing = grep { !exists $holder->{$_} } @$required;
  my @wrong = grep { exists $holder->{$_} && !is_string($holder->{$_}) } @$required;
  push @wrong, grep { defined $holder->{$_} && !is_string($holder->{$_}) } @$optional;
  return (map { fault([@$loc, $_], 'is missing', 'missing') } @missing),
    (map { fault([@$loc, $_], 'is not a string', 'type') } @wrong);
}

sub faults ($body) {
  return fault([], 'is not an object', 'type') unless ref $body eq 'HASH';
  my @faults = string_faults($body, [], ['message'], [qw(conversation_id session_id user_id)]);
  my ($limit, $events) = @$body{qw(limit events)};
  push @faults, fault(['limit'], 'is not an integer', 'type')
    if exists $body->{limit} && !(is_number($limit) && $limit == int $limit && $limit >= 0);
  return (@faults, fault(['events'], 'is not an array', 'type')) if defined $events && ref $events ne 'ARRAY';
  for my $index (0 .. $#{$events // []}) {
    my ($event, $loc) = ($events->[$index], ['events', $index]);
    push @faults, ref $event eq 'HASH'
      ? string_faults($event, $loc, [qw(timestamp type)], [qw(item_id description)])
      : fault($loc, 'is not an object', 'type');
  }
  return @faults;
}

sub uuid () {
  open my $random, '<:raw', '/dev/urandom' or die $!;
  read $random, my $bytes, 16;
  return join '-', unpack 'H8H4H4H4H12', $bytes;
}

sub reply_to ($body) {
  my $limit = $body->{limit} // 4;
  $limit = @$catalogue if $limit > @$catalogue;
  my $given = $body->{conversation_id} // '';
  return {
    conversation_id => length $given ? $given : uuid(),
    message         => 'Here you are.',
    items           => [@$catalogue[0 .. $limit - 1]],
  };
}

post '/v1/chat' => sub ($c) {
  my $body = eval { decode_json $c->req->body };
  my @faults = $@ ? fault([], "$@" || 'not JSON', 'json_invalid') : faults($body);
  return $c->render(json => {detail => \@faults}, status => 422) if @faults;
  $c->render(json => reply_to($body));
};

any '/v1/chat' => sub ($c) {
  $c->res->headers->allow('POST');
  $c->render(json => {detail => 'Method not allowed'}, status => 405);
};

app->start('daemon', '-m', 'production', '-l', "http://127.0.0.1:$ARGV[0]");
